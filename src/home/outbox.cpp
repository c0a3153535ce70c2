#include "home/outbox.h"

#include "home/messages.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

// A message is wanted while its epoch is open; after that only what the epoch's readers were told of, which must have
// begun to leave before. A note that was given up has no row any more.
constexpr std::string_view kWantedMessage =
    "SELECT EXISTS (SELECT 1 FROM message m JOIN epoch e ON e.id = m.epoch_id WHERE m.id = ?1 AND "
    "m.state IN ('signed', 'leaving', 'left') AND "
    "(e.state = 'open' OR (m.state != 'signed' AND m.message_index < e.messages)))";
constexpr std::string_view kWantedNote =
    "SELECT EXISTS (SELECT 1 FROM note WHERE id = ?1 AND state IN ('sealed', 'leaving', 'left'))";

// One statement for each kind of row.
struct ByKind {
  sqlite::Statement note;
  sqlite::Statement message;

  static Result<ByKind> prepare(sqlite::Database& database, std::string_view note_sql, std::string_view message_sql) {
    GL_TRY(note, database.prepare(note_sql));
    GL_TRY(message, database.prepare(message_sql));
    return ByKind{std::move(note), std::move(message)};
  }
  sqlite::Statement& of(const Outgoing& row) {
    auto& statement = row.kind == Outgoing::Kind::kNote ? note : message;
    return statement.bind(1, row.id);
  }
};

Result<void> update(Transaction& transaction, std::span<const Outgoing> rows, std::string_view note_sql,
                    std::string_view message_sql) {
  GL_TRY(statements, ByKind::prepare(transaction.database(), note_sql, message_sql));
  for (const auto& row : rows) GL_CHECK(statements.of(row).run());
  return {};
}

Result<std::int64_t> count(Home& home, std::string_view sql) {
  GL_TRY(statement, home.database().prepare(sql));
  return single_number(statement);
}

}  // namespace

Result<bool> is_as_sealed(Home& home, const Outgoing& note) {
  GL_TRY(statement, home.database().prepare("SELECT EXISTS (SELECT 1 FROM note WHERE id = ?1 AND number = ?2 AND "
                                            "bundle_hash = ?3 AND (state = 'closed' OR closed_order = 0))"));
  statement.bind(1, note.id).bind(2, static_cast<std::int64_t>(note.number)).bind(3, note.bundle_hash.trytes());
  GL_TRY(found, single_number(statement));
  return found != 0;
}

Result<std::vector<Outgoing>> unfinished(Home& home, Outgoing::Kind kind) {
  GL_TRY(statement,
         home.database().prepare(
             kind == Outgoing::Kind::kNote
                 ? "SELECT id, address, bundle_hash, bundle, thread_id, number, 0 FROM note WHERE state IN "
                   "('sealed', 'leaving', 'left') ORDER BY id"
                 : "SELECT m.id, m.address, m.bundle_hash, m.bundle, 0, m.message_index, m.epoch_id FROM message m "
                   "JOIN epoch e ON "
                   "e.id = m.epoch_id WHERE m.state IN ('signed', 'leaving', 'left') ORDER BY e.first_day, e.id, "
                   "m.message_index"));
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Outgoing> {
    Outgoing outgoing;
    outgoing.kind = kind;
    outgoing.id = row.integer(0);
    GL_ASSIGN(outgoing.address, hash_at(row, 1));
    GL_ASSIGN(outgoing.bundle_hash, hash_at(row, 2));
    GL_ASSIGN(outgoing.bundle, unpack_bundle(row.blob(3)));
    outgoing.thread_id = row.integer(4);
    GL_ASSIGN(outgoing.number, count_at(row, 5));
    outgoing.epoch_id = row.integer(6);
    return outgoing;
  });
}

Result<std::vector<bool>> record_leaving(Transaction& transaction, std::span<const Outgoing> rows) {
  GL_CHECK(update(transaction, rows, "UPDATE note SET state = 'leaving' WHERE id = ?1 AND state = 'sealed'",
                  "UPDATE message SET state = 'leaving' WHERE id = ?1 AND state = 'signed' AND (SELECT e.state FROM "
                  "epoch e WHERE e.id = epoch_id) = 'open'"));
  return still_wanted(transaction.home(), rows);
}

Result<std::vector<bool>> still_wanted(Home& home, std::span<const Outgoing> rows) {
  std::vector<bool> wanted;
  GL_CHECK(home.read([&]() -> Result<void> {
    GL_TRY(statements, ByKind::prepare(home.database(), kWantedNote, kWantedMessage));
    for (const auto& row : rows) {
      GL_TRY(found, single_number(statements.of(row)));
      wanted.push_back(found != 0);
    }
    return {};
  }));
  return wanted;
}

Result<void> mark_left(Transaction& transaction, std::span<const Outgoing> rows) {
  return update(transaction, rows, "UPDATE note SET state = 'left' WHERE id = ?1 AND state IN ('sealed', 'leaving')",
                "UPDATE message SET state = 'left' WHERE id = ?1 AND state IN ('signed', 'leaving')");
}

// What is sent again stands last on the ledger, and so in the order.
Result<void> mark_closed(Transaction& transaction, std::span<const Outgoing> rows) {
  return update(transaction, rows,
                "UPDATE note SET state = 'closed', bundle = NULL, closed_order = (SELECT MAX(closed_order) + 1 FROM "
                "note) WHERE id = ?1 AND state IN ('sealed', 'leaving', 'left')",
                "UPDATE message SET state = 'closed', bundle = NULL, closed_order = (SELECT MAX(closed_order) + 1 FROM "
                "message) WHERE id = ?1 AND state IN ('signed', 'leaving', 'left')");
}

Result<OutboxCounts> outbox_counts(Home& home) {
  OutboxCounts counts;
  GL_CHECK(home.read([&]() -> Result<void> {
    GL_ASSIGN(counts.readings_waiting,
              count(home,
                    "SELECT COUNT(*) FROM publication p JOIN message m ON m.id = p.message_id WHERE m.state IN "
                    "('waiting', 'signed', 'leaving', 'left')"));
    GL_ASSIGN(counts.messages_waiting,
              count(home, "SELECT COUNT(*) FROM message WHERE state IN ('waiting', 'signed', 'leaving', 'left')"));
    GL_ASSIGN(counts.notes_waiting, count(home, "SELECT COUNT(*) FROM note WHERE state != 'closed'"));
    return {};
  }));
  return counts;
}

}  // namespace glucoledger::home
