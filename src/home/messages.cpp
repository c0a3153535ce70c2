#include "home/messages.h"

#include "home/published.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

Result<std::int64_t> insert_message(sqlite::Database& database, std::int64_t epoch_id) {
  GL_TRY(statement, database.prepare("INSERT INTO message (epoch_id) VALUES (?1)"));
  GL_CHECK(statement.bind(1, epoch_id).run());
  return database.last_insert_id();
}

// Whether all of it still holds from which the messages were signed.
Result<bool> may_store(sqlite::Database& database, const Epoch& epoch, std::span<const SignedMessage> messages) {
  GL_TRY(stands, database.prepare("SELECT EXISTS (SELECT 1 FROM epoch WHERE id = ?1 AND next_index = ?2 AND state = "
                                  "'open' AND may_sign = 1)"));
  stands.bind(1, epoch.id).bind(2, static_cast<std::int64_t>(messages.front().index));
  GL_TRY(epoch_stands, single_number(stands));
  if (epoch_stands == 0) return false;
  GL_TRY(waits, database.prepare("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND epoch_id = ?2 AND state = "
                                 "'waiting')"));
  for (const auto& message : messages) {
    GL_TRY(message_waits, single_number(waits.bind(1, message.id).bind(2, epoch.id)));
    if (message_waits == 0) return false;
  }
  return true;
}

}  // namespace

Result<std::int64_t> add_message(Transaction& transaction, const Epoch& epoch,
                                 std::span<const std::int64_t> reading_ids) {
  auto& database = transaction.database();
  GL_TRY(message_id, insert_message(database, epoch.id));
  GL_TRY(publication, database.prepare("INSERT INTO publication (reading_id, design, message_id) VALUES (?1, ?2, ?3)"));
  for (const auto reading_id : reading_ids) {
    GL_CHECK(publication.bind(1, reading_id).bind(2, keys::name_of(epoch.design)).bind(3, message_id).run());
  }
  return message_id;
}

Result<std::vector<Message>> waiting_messages(Home& home, std::int64_t epoch_id, std::size_t count_max) {
  GL_TRY(statement, home.database().prepare("SELECT id, cid FROM message WHERE epoch_id = ?1 AND state = 'waiting' "
                                            "ORDER BY id LIMIT ?2"));
  statement.bind(1, epoch_id).bind(2, static_cast<std::int64_t>(count_max));
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Message> {
    return Message{row.integer(0), epoch_id, row.text(1)};
  });
}

Result<bool> store_signed(Transaction& transaction, const Epoch& epoch, std::span<const SignedMessage> messages) {
  if (messages.empty()) return true;
  auto& database = transaction.database();
  GL_TRY(may, may_store(database, epoch, messages));
  if (!may) return false;
  GL_TRY(store, database.prepare("UPDATE message SET state = 'signed', message_index = ?2, address = ?3, bundle_hash = "
                                 "?4, bundle = ?5, payload_digest = ?6, signed_s = ?7 WHERE id = ?1 AND state = "
                                 "'waiting'"));
  std::uint64_t next_index = messages.front().index;
  for (const auto& message : messages) {
    GL_ASSERT(message.index == next_index);
    ++next_index;
    GL_CHECK(store.bind(1, message.id)
                 .bind(2, static_cast<std::int64_t>(message.index))
                 .bind(3, message.address.trytes())
                 .bind(4, message.bundle_hash.trytes())
                 .bind(5, pack_bundle(message.bundle))
                 .bind(6, payload_digest(message.bundle))
                 .bind(7, message.signed_s)
                 .run());
  }
  GL_TRY(spend, database.prepare("UPDATE epoch SET next_index = ?2 WHERE id = ?1 AND state = 'open' AND may_sign = 1"));
  GL_CHECK(spend.bind(1, epoch.id).bind(2, static_cast<std::int64_t>(next_index)).run());
  return true;
}

Result<std::uint64_t> count_confirmed(Home& home, std::int64_t epoch_id) {
  GL_TRY(statement, home.database().prepare("SELECT message_index FROM message WHERE epoch_id = ?1 AND (state "
                                            "= 'closed' OR (state IN ('leaving', 'left') AND closed_order != 0)) ORDER "
                                            "BY message_index"));
  GL_TRY(indexes, all_numbers(statement.bind(1, epoch_id)));
  std::uint64_t count = 0;
  while (count < indexes.size() && indexes[count] == static_cast<std::int64_t>(count)) ++count;
  return count;
}

Result<std::size_t> move_waiting_messages(Transaction& transaction, std::int64_t from_epoch_id, const Epoch& to,
                                          std::size_t count_max) {
  constexpr std::string_view kChosen =
      "(SELECT id FROM message WHERE epoch_id = ?1 AND state = 'waiting' ORDER BY id LIMIT ?2)";
  auto& database = transaction.database();
  const auto limit = static_cast<std::int64_t>(count_max);
  GL_TRY(files, database.prepare("UPDATE stored_file SET state = 'orphan' WHERE state IN ('adding', 'stored') AND "
                                 "message_id IN " +
                                 std::string(kChosen)));
  GL_CHECK(files.bind(1, from_epoch_id).bind(2, limit).run());
  GL_TRY(messages,
         database.prepare("UPDATE message SET epoch_id = ?3, cid = NULL WHERE id IN " + std::string(kChosen)));
  GL_CHECK(messages.bind(1, from_epoch_id).bind(2, limit).bind(3, to.id).run());
  return static_cast<std::size_t>(database.changes());
}

Result<void> remake_messages_from(Transaction& transaction, std::int64_t from_epoch_id, std::uint64_t index,
                                  const Epoch& to, Files files) {
  auto& database = transaction.database();
  // The files of those that are known to have left stay, for whoever read their names.
  GL_TRY(orphans, database.prepare("UPDATE stored_file SET state = 'orphan' WHERE state IN ('adding', 'stored') AND "
                                   "message_id IN (SELECT id FROM message WHERE epoch_id = ?1 AND message_index >= ?2 "
                                   "AND state IN ('signed', 'leaving'))"));
  orphans.bind(1, from_epoch_id).bind(2, static_cast<std::int64_t>(index));
  if (files == Files::kOrphans) GL_CHECK(orphans.run());
  GL_TRY(unread, database.prepare("SELECT id FROM message WHERE epoch_id = ?1 AND message_index >= ?2 AND state IN "
                                  "('signed', 'leaving', 'left', 'closed') ORDER BY message_index"));
  GL_TRY(ids, all_numbers(unread.bind(1, from_epoch_id).bind(2, static_cast<std::int64_t>(index))));
  GL_TRY(burn,
         database.prepare("UPDATE message SET state = 'burnt', bundle = NULL WHERE id = ?1 AND state IN ('signed', "
                          "'leaving', 'left', 'closed')"));
  GL_TRY(publication, database.prepare("UPDATE publication SET message_id = ?2 WHERE message_id = ?1"));
  for (const auto id : ids) {
    GL_CHECK(burn.bind(1, id).run());
    GL_TRY(anew, insert_message(database, to.id));
    GL_CHECK(publication.bind(1, id).bind(2, anew).run());
  }
  return {};
}

// Here and below "+": not by the index of that column, in which all that waits is one value.
Result<std::uint64_t> count_under_way(Home& home, std::int64_t epoch_id) {
  GL_TRY(statement, home.database().prepare("SELECT COUNT(*) FROM message WHERE epoch_id = ?1 AND state IN ('leaving', "
                                            "'left') AND +closed_order = 0"));
  GL_TRY(count, single_number(statement.bind(1, epoch_id)));
  return static_cast<std::uint64_t>(count);
}

Result<bool> has_signed_messages(Home& home, std::int64_t epoch_id) {
  GL_TRY(statement, home.database().prepare("SELECT EXISTS (SELECT 1 FROM message WHERE epoch_id = ?1 AND state IN "
                                            "('signed', 'leaving', 'left') AND +closed_order = 0)"));
  GL_TRY(found, single_number(statement.bind(1, epoch_id)));
  return found != 0;
}

Result<bool> has_unconfirmed_messages(Home& home, std::int64_t epoch_id) {
  GL_TRY(has_signed, has_signed_messages(home, epoch_id));
  GL_TRY(waiting, waiting_messages(home, epoch_id, 1));
  return has_signed || !waiting.empty();
}

Bytes pack_bundle(const ledger::PreparedBundle& bundle) {
  Bytes packed;
  for (const auto& transaction : bundle) {
    const auto part = crypto::pack_trits(crypto::trits_from_trytes(transaction));
    packed.insert(packed.end(), part.begin(), part.end());
  }
  return packed;
}

Result<ledger::PreparedBundle> unpack_bundle(ByteView packed) {
  if (packed.empty() || packed.size() % ledger::kPackedTransactionSize != 0) return damaged();
  ledger::PreparedBundle bundle;
  for (std::size_t offset = 0; offset < packed.size(); offset += ledger::kPackedTransactionSize) {
    GL_TRY(trits, of_row(crypto::unpack_trits(packed.subspan(offset, ledger::kPackedTransactionSize),
                                              crypto::kTransactionTrits)));
    bundle.push_back(crypto::trytes_from_trits(trits));
  }
  return bundle;
}

}  // namespace glucoledger::home
