#include "home/rows.h"

namespace glucoledger::home {

tl::unexpected<Error> damaged() {
  return fail(ErrorCode::kCorrupt, "a row of this home's database is damaged", "restore the home from a backup");
}

Result<crypto::Hash> hash_at(const sqlite::Statement& row, int column) {
  return of_row(crypto::Hash::from_trytes(row.text(column)));
}

Result<keys::Design> design_at(const sqlite::Statement& row, int column) {
  return of_row(keys::design_named(row.text(column)));
}

Result<std::uint64_t> count_at(const sqlite::Statement& row, int column) {
  const auto value = row.integer(column);
  if (value < 0) return damaged();
  return static_cast<std::uint64_t>(value);
}

Result<std::int64_t> single_number(sqlite::Statement& statement) {
  GL_TRY(row, statement.step());
  if (!row) return damaged();
  const auto number = statement.integer(0);
  GL_TRY(another, statement.step());
  if (another) return damaged();
  return number;
}

Result<std::vector<std::int64_t>> all_numbers(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement,
                              [](const sqlite::Statement& row) -> Result<std::int64_t> { return row.integer(0); });
}

Result<bool> run_and_tell(sqlite::Database& database, sqlite::Statement& statement) {
  GL_CHECK(statement.run());
  return database.changes() > 0;
}

}  // namespace glucoledger::home
