#include "home/published.h"

#include <sodium.h>

#include <limits>

#include "home/messages.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kMessages =
    "SELECT id, epoch_id, message_index, cid, address, bundle_hash, payload_digest, signed_s, closed_order FROM "
    "message "
    "WHERE state = 'closed' AND ";
constexpr std::string_view kNotes =
    "SELECT id, thread_id, number, address, closed_order FROM note WHERE state = 'closed' AND ";
constexpr const char* kBefore = "(closed_order, id) < (?1, ?2) ORDER BY closed_order DESC, id DESC LIMIT ?3";
constexpr const char* kSince = "closed_order > ?1 ORDER BY closed_order, id LIMIT ?2";

Result<std::vector<PublishedMessage>> collect_messages(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<PublishedMessage> {
    PublishedMessage message;
    message.id = row.integer(0);
    message.epoch_id = row.integer(1);
    GL_ASSIGN(message.index, count_at(row, 2));
    message.cid = row.text(3);
    GL_ASSIGN(message.address, hash_at(row, 4));
    GL_ASSIGN(message.bundle_hash, hash_at(row, 5));
    message.payload_digest = row.blob(6);
    message.signed_s = row.integer(7);
    message.closed_order = row.integer(8);
    return message;
  });
}

Result<std::vector<PublishedNote>> collect_notes(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<PublishedNote> {
    PublishedNote note;
    note.id = row.integer(0);
    note.thread_id = row.integer(1);
    GL_ASSIGN(note.number, count_at(row, 2));
    GL_ASSIGN(note.address, hash_at(row, 3));
    note.closed_order = row.integer(4);
    return note;
  });
}

}  // namespace

Bytes payload_digest(std::string_view payload_trytes) {
  Bytes digest(crypto_generichash_BYTES);
  const auto bytes = base::as_bytes(payload_trytes);
  crypto_generichash(digest.data(), digest.size(), bytes.data(), bytes.size(), nullptr, 0);
  return digest;
}

Bytes payload_digest(const ledger::PreparedBundle& bundle) {
  return payload_digest(ledger::payload_of(bundle));
}

Result<std::vector<PublishedMessage>> published_messages(Home& home, const std::optional<PublishedMessage>& before,
                                                         std::size_t count_max) {
  GL_TRY(statement, home.database().prepare(std::string(kMessages) + kBefore));
  statement.bind(1, before ? before->closed_order : kLast).bind(2, before ? before->id : kLast);
  return collect_messages(statement.bind(3, static_cast<std::int64_t>(count_max)));
}

Result<std::vector<PublishedMessage>> messages_published_since(Home& home, std::int64_t closed_order,
                                                               std::size_t count_max) {
  GL_TRY(statement, home.database().prepare(std::string(kMessages) + kSince));
  return collect_messages(statement.bind(1, closed_order).bind(2, static_cast<std::int64_t>(count_max)));
}

Result<bool> is_published(Home& home, const PublishedMessage& message) {
  GL_TRY(statement, home.database().prepare("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND state = 'closed' "
                                            "AND closed_order = ?2)"));
  GL_TRY(found, single_number(statement.bind(1, message.id).bind(2, message.closed_order)));
  return found != 0;
}

Result<bool> send_message_again(Transaction& transaction, const PublishedMessage& message,
                                const ledger::PreparedBundle& bundle) {
  auto& database = transaction.database();
  GL_TRY(statement, database.prepare(
                        "UPDATE message SET state = 'leaving', bundle = ?2, closed_order = MAX(closed_order, 1) WHERE "
                        "id = ?1 AND state = 'closed' AND closed_order = ?3 AND EXISTS (SELECT 1 FROM epoch e WHERE "
                        "e.id = epoch_id AND (e.state = 'open' OR message_index < e.messages))"));
  const Bytes packed = pack_bundle(bundle);
  statement.bind(1, message.id).bind(2, packed).bind(3, message.closed_order);
  return run_and_tell(database, statement);
}

Result<std::vector<PublishedNote>> published_notes(Home& home, const std::optional<PublishedNote>& before,
                                                   std::size_t count_max) {
  GL_TRY(statement, home.database().prepare(std::string(kNotes) + kBefore));
  statement.bind(1, before ? before->closed_order : kLast).bind(2, before ? before->id : kLast);
  return collect_notes(statement.bind(3, static_cast<std::int64_t>(count_max)));
}

Result<std::vector<PublishedNote>> notes_published_since(Home& home, std::int64_t closed_order, std::size_t count_max) {
  GL_TRY(statement, home.database().prepare(std::string(kNotes) + kSince));
  return collect_notes(statement.bind(1, closed_order).bind(2, static_cast<std::int64_t>(count_max)));
}

Result<bool> send_note_again(Transaction& transaction, const PublishedNote& note, const crypto::Hash& bundle_hash,
                             const ledger::PreparedBundle& bundle) {
  auto& database = transaction.database();
  GL_TRY(statement, database.prepare("UPDATE note SET state = 'leaving', bundle_hash = ?2, bundle = ?3, closed_order = "
                                     "MAX(closed_order, 1) WHERE id = ?1 AND state = 'closed' AND closed_order = ?4"));
  const Bytes packed = pack_bundle(bundle);
  statement.bind(1, note.id).bind(2, bundle_hash.trytes()).bind(3, packed).bind(4, note.closed_order);
  return run_and_tell(database, statement);
}

}  // namespace glucoledger::home
