// Columns of the home's own tables, read with care: what cannot stand there is kCorrupt.
#pragma once

#include <cstdint>
#include <vector>

#include "crypto/trytes.h"
#include "keys/epoch_release.h"
#include "sqlite/database.h"

namespace glucoledger::home {

tl::unexpected<Error> damaged();

// The value of `read`, whose error means that the row is damaged.
template <typename T>
Result<T> of_row(Result<T> read) {
  if (!read) return damaged();
  return read;
}

Result<crypto::Hash> hash_at(const sqlite::Statement& row, int column);
Result<keys::Design> design_at(const sqlite::Statement& row, int column);
Result<std::uint64_t> count_at(const sqlite::Statement& row, int column);  // never negative

// The first column of the only row: for COUNT, EXISTS and the like. The statement may be bound anew afterwards.
Result<std::int64_t> single_number(sqlite::Statement& statement);
// The first column of every row.
Result<std::vector<std::int64_t>> all_numbers(sqlite::Statement& statement);

// Runs the statement; whether it changed a row.
Result<bool> run_and_tell(sqlite::Database& database, sqlite::Statement& statement);

}  // namespace glucoledger::home
