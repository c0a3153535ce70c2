#include "home/records.h"

#include "home/rows.h"

namespace glucoledger::home {

Result<bool> add_record(Transaction& transaction, std::int64_t contact_id, std::int64_t epoch_id,
                        const Record& record) {
  auto& database = transaction.database();
  GL_TRY(statement, database.prepare("INSERT INTO record (contact_id, epoch_id, identifier, resource) VALUES (?1, ?2, "
                                     "?3, ?4) ON CONFLICT (contact_id, identifier) DO NOTHING"));
  statement.bind(1, contact_id).bind(2, epoch_id).bind(3, record.identifier).bind(4, record.resource);
  return run_and_tell(database, statement);
}

Result<std::vector<Record>> records_of(Home& home, const Contact& contact) {
  GL_TRY(statement,
         home.database().prepare("SELECT identifier, resource FROM record WHERE contact_id = ?1 ORDER BY id"));
  return sqlite::collect_rows(statement.bind(1, contact.id), [&](const sqlite::Statement& row) -> Result<Record> {
    return Record{row.text(0), row.text(1)};
  });
}

Result<std::int64_t> count_records(Home& home, const Contact& contact) {
  GL_TRY(statement, home.database().prepare("SELECT COUNT(*) FROM record WHERE contact_id = ?1"));
  return single_number(statement.bind(1, contact.id));
}

}  // namespace glucoledger::home
