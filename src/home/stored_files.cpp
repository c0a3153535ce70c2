#include "home/stored_files.h"

#include "home/rows.h"

namespace glucoledger::home {
namespace {

// The store inside the home is written as "", so that a home may be moved.
Result<locator::Locator> store_at(const Home& home, const std::string& text) {
  return text.empty() ? Result<locator::Locator>(home.inner_store()) : of_row(locator::Locator::parse(text));
}

}  // namespace

Result<std::optional<StoredFile>> begin_file(Transaction& transaction, std::int64_t message_id, std::int64_t epoch_id,
                                             std::string_view cid, const locator::Locator& store) {
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
  const bool is_inside = store == transaction.home().inner_store();
  GL_CHECK(insert.bind(1, message_id).bind(2, cid).bind(3, is_inside ? std::string() : store.text()).run());
  return StoredFile{database.last_insert_id(), std::string(cid), store};
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
    GL_TRY(store, store_at(home, row.text(2)));
    return StoredFile{row.integer(0), row.text(1), std::move(store)};
  });
}

Result<void> mark_removed(Transaction& transaction, const StoredFile& file) {
  GL_TRY(statement,
         transaction.database().prepare("UPDATE stored_file SET state = 'removed' WHERE id = ?1 AND state = 'orphan'"));
  return statement.bind(1, file.id).run();
}

}  // namespace glucoledger::home
