#include "home/stored_files.h"

#include "home/rows.h"

namespace glucoledger::home {
namespace {

// The home's own store is written as "", so that a home may be moved.
std::string own_store(Home& home) {
  return (home.folder() / "store").string();
}

}  // namespace

Result<std::optional<StoredFile>> begin_file(Transaction& transaction, std::int64_t message_id, std::int64_t epoch_id,
                                             std::string_view cid, std::string_view store) {
  auto& database = transaction.database();
  GL_TRY(waits, database.prepare("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND epoch_id = ?2 AND state = "
                                 "'waiting' AND cid IS NULL)"));
  GL_TRY(found, single_number(waits.bind(1, message_id).bind(2, epoch_id)));
  if (found == 0) return std::nullopt;
  GL_TRY(earlier,
         database.prepare("UPDATE stored_file SET state = 'orphan' WHERE message_id = ?1 AND state IN ('adding', "
                          "'stored')"));
  GL_CHECK(earlier.bind(1, message_id).run());
  GL_TRY(insert, database.prepare("INSERT INTO stored_file (message_id, cid, store) VALUES (?1, ?2, ?3)"));
  const bool is_own = store == own_store(transaction.home());
  GL_CHECK(insert.bind(1, message_id).bind(2, cid).bind(3, is_own ? std::string_view() : store).run());
  return StoredFile{database.last_insert_id(), std::string(cid), std::string(store)};
}

Result<bool> mark_stored(Transaction& transaction, const StoredFile& file) {
  auto& database = transaction.database();
  GL_TRY(stored, database.prepare("UPDATE stored_file SET state = 'stored' WHERE id = ?1 AND state = 'adding'"));
  GL_TRY(changed, run_and_tell(database, stored.bind(1, file.id)));
  if (!changed) return false;
  GL_TRY(message,
         database.prepare("UPDATE message SET cid = ?2 WHERE state = 'waiting' AND id = (SELECT message_id FROM "
                          "stored_file WHERE id = ?1)"));
  GL_CHECK(message.bind(1, file.id).bind(2, file.cid).run());
  return true;
}

Result<std::vector<StoredFile>> orphaned_files(Home& home) {
  GL_TRY(statement,
         home.database().prepare("SELECT id, cid, store FROM stored_file WHERE state = 'orphan' ORDER BY id"));
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<StoredFile> {
    const auto store = row.text(2);
    return StoredFile{row.integer(0), row.text(1), store.empty() ? own_store(home) : store};
  });
}

Result<void> mark_removed(Transaction& transaction, const StoredFile& file) {
  GL_TRY(statement,
         transaction.database().prepare("UPDATE stored_file SET state = 'removed' WHERE id = ?1 AND state = 'orphan'"));
  return statement.bind(1, file.id).run();
}

}  // namespace glucoledger::home
