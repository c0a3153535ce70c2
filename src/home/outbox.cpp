#include "home/outbox.h"

#include "home/epochs.h"

namespace glucoledger::home {
namespace {

Result<void> mark(Home& home, std::span<const Outgoing> rows, std::string_view assignment) {
  if (rows.empty()) return {};
  return home.database().transaction([&]() -> Result<void> {
    const std::string where = std::string(" SET ") + std::string(assignment) + " WHERE id = ?1";
    GL_TRY(note, home.database().prepare("UPDATE note" + where));
    GL_TRY(message, home.database().prepare("UPDATE message" + where));
    for (const auto& row : rows) {
      GL_CHECK((row.kind == Outgoing::Kind::kNote ? note : message).bind(1, row.id).run());
    }
    return {};
  });
}

Result<std::int64_t> count(Home& home, std::string_view sql) {
  GL_TRY(statement, home.database().prepare(sql));
  GL_CHECK(statement.step());
  return statement.integer(0);
}

}  // namespace

Result<std::vector<Outgoing>> unfinished(Home& home, Outgoing::Kind kind) {
  GL_TRY(statement, home.database().prepare(
                        kind == Outgoing::Kind::kNote
                            ? "SELECT id, address, bundle_hash, bundle FROM note WHERE state IN ('sealed', 'left') "
                              "ORDER BY id"
                            : "SELECT m.id, m.address, m.bundle_hash, m.bundle FROM message m JOIN epoch e ON e.id = "
                              "m.epoch_id WHERE m.state IN ('signed', 'left') ORDER BY e.first_day, e.id, "
                              "m.message_index"));
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Outgoing> {
    Outgoing outgoing;
    outgoing.kind = kind;
    outgoing.id = row.integer(0);
    GL_ASSIGN(outgoing.address, crypto::Hash::from_trytes(row.text(1)));
    GL_ASSIGN(outgoing.bundle_hash, crypto::Hash::from_trytes(row.text(2)));
    GL_ASSIGN(outgoing.bundle, unpack_bundle(row.blob(3)));
    return outgoing;
  });
}

Result<void> mark_left(Home& home, std::span<const Outgoing> rows) {
  return mark(home, rows, "state = 'left'");
}

Result<void> mark_closed(Home& home, std::span<const Outgoing> rows) {
  return mark(home, rows, "state = 'closed', bundle = NULL");
}

Result<OutboxCounts> outbox_counts(Home& home) {
  OutboxCounts counts;
  GL_ASSIGN(counts.readings_waiting, count(home,
                                           "SELECT COUNT(*) FROM publication p JOIN message m ON m.id = p.message_id "
                                           "WHERE m.state IN ('waiting', 'signed', 'left')"));
  GL_ASSIGN(counts.messages_waiting,
            count(home, "SELECT COUNT(*) FROM message WHERE state IN ('waiting', 'signed', 'left')"));
  GL_ASSIGN(counts.notes_waiting, count(home, "SELECT COUNT(*) FROM note WHERE state != 'closed'"));
  return counts;
}

}  // namespace glucoledger::home
