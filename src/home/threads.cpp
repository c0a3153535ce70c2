#include "home/threads.h"

#include <algorithm>

#include "base/limits.h"
#include "home/messages.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

// Notes of the thread ?1 that nobody can have seen, and above which no number was used.
constexpr std::string_view kUnsent =
    "(SELECT id FROM note WHERE thread_id = ?1 AND (state = 'waiting' OR (state = 'sealed' AND number > (SELECT "
    "COALESCE(MAX(number), -1) FROM note WHERE thread_id = ?1 AND state IN ('leaving', 'left', 'closed')))))";
// All that are not known to have arrived.
constexpr std::string_view kNotArrived =
    "(SELECT id FROM note WHERE thread_id = ?1 AND state IN ('waiting', 'sealed', 'leaving') AND +closed_order = 0)";

std::string body_label(std::int64_t thread_id) {
  return "note/" + std::to_string(thread_id);
}

}  // namespace

Result<Thread> thread_by_id(Home& home, std::int64_t id) {
  GL_TRY(statement, home.database().prepare("SELECT side, next_out, next_in, state FROM thread WHERE id = ?1"));
  GL_TRY(row, statement.bind(1, id).step());
  if (!row) return fail(ErrorCode::kNotFound, "there is no such thread");
  Thread thread;
  thread.id = id;
  thread.out =
      statement.text(0) == "patient" ? keys::Direction::kPatientToRecipient : keys::Direction::kRecipientToPatient;
  GL_ASSIGN(thread.next_out, count_at(statement, 1));
  GL_ASSIGN(thread.next_in, count_at(statement, 2));
  thread.open = statement.text(3) == "open";
  return thread;
}

Result<std::vector<Thread>> open_threads(Home& home) {
  GL_TRY(statement, home.database().prepare("SELECT id FROM thread WHERE state = 'open' ORDER BY id"));
  GL_TRY(ids, all_numbers(statement));
  std::vector<Thread> threads;
  for (const auto id : ids) {
    GL_TRY(thread, thread_by_id(home, id));
    threads.push_back(thread);
  }
  return threads;
}

Result<keys::Thread> keys_of(Home& home, const Thread& thread) {
  GL_TRY(statement, home.database().prepare("SELECT secret FROM thread WHERE id = ?1"));
  GL_TRY(row, statement.bind(1, thread.id).step());
  if (!row) return damaged();
  GL_TRY(secret, home.unseal(thread_label(thread.out), statement.blob(0)));
  return of_row(keys::Thread::from_secret(std::move(secret)));
}

std::string_view thread_label(keys::Direction out) {
  return out == keys::Direction::kPatientToRecipient ? "thread" : "contact/thread";
}

Result<std::int64_t> queue_note(Transaction& transaction, std::int64_t thread_id, const keys::Note& note) {
  auto& database = transaction.database();
  GL_TRY(statement, database.prepare("INSERT INTO note (thread_id, body) SELECT id, ?2 FROM thread WHERE id = ?1 AND "
                                     "state = 'open'"));
  const SecretBytes body(keys::encode_note(note));
  statement.bind(1, thread_id).bind(2, transaction.home().seal(body_label(thread_id), body.view()));
  GL_TRY(queued, run_and_tell(database, statement));
  if (!queued) return fail(ErrorCode::kNotAllowed, "this thread is closed: nothing more is said in it");
  return database.last_insert_id();
}

Result<std::vector<WaitingNote>> waiting_notes(Home& home, std::int64_t thread_id) {
  GL_TRY(statement,
         home.database().prepare("SELECT id, body FROM note WHERE thread_id = ?1 AND state = 'waiting' ORDER BY id"));
  statement.bind(1, thread_id);
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<WaitingNote> {
    GL_TRY(body, home.unseal(body_label(thread_id), row.blob(1)));
    GL_TRY(note, keys::decode_note(body.view()));
    return WaitingNote{row.integer(0), thread_id, std::move(note)};
  });
}

Result<keys::Note> content_of_note(Home& home, std::int64_t note_id) {
  GL_TRY(statement, home.database().prepare("SELECT thread_id, body FROM note WHERE id = ?1"));
  GL_TRY(found, statement.bind(1, note_id).step());
  if (!found) return damaged();
  GL_TRY(body, home.unseal(body_label(statement.integer(0)), statement.blob(1)));
  return keys::decode_note(body.view());
}

Result<std::vector<std::int64_t>> threads_with_waiting_notes(Home& home) {
  GL_TRY(statement,
         home.database().prepare("SELECT DISTINCT thread_id FROM note WHERE state = 'waiting' ORDER BY thread_id"));
  return all_numbers(statement);
}

Result<bool> store_sealed(Transaction& transaction, const WaitingNote& note, std::uint64_t number,
                          const crypto::Hash& address, const crypto::Hash& bundle_hash,
                          const ledger::PreparedBundle& bundle) {
  auto& database = transaction.database();
  GL_TRY(store,
         database.prepare("UPDATE note SET state = 'sealed', number = ?2, address = ?3, bundle_hash = ?4, bundle "
                          "= ?5 WHERE id = ?1 AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM note other "
                          "WHERE other.thread_id = note.thread_id AND other.number = ?2)"));
  store.bind(1, note.id).bind(2, static_cast<std::int64_t>(number)).bind(3, address.trytes());
  store.bind(4, bundle_hash.trytes()).bind(5, pack_bundle(bundle));
  GL_TRY(stored, run_and_tell(database, store));
  if (!stored) return false;
  GL_TRY(next, database.prepare("UPDATE thread SET next_out = MAX(next_out, ?2) WHERE id = ?1"));
  GL_CHECK(next.bind(1, note.thread_id).bind(2, static_cast<std::int64_t>(number + 1)).run());
  return true;
}

Result<void> note_lost_notes(Transaction& transaction, std::int64_t thread_id, std::uint64_t until) {
  GL_TRY(statement, transaction.database().prepare(
                        "INSERT INTO note_taken_back (thread_id, next_number) VALUES (?1, ?2) ON CONFLICT (thread_id) "
                        "DO UPDATE SET next_number = MAX(next_number, excluded.next_number)"));
  return statement.bind(1, thread_id).bind(2, static_cast<std::int64_t>(until)).run();
}

Result<void> take_up_note(Transaction& transaction, std::int64_t thread_id, std::uint64_t number,
                          const crypto::Hash& address, const std::optional<std::int64_t>& closed_ms) {
  GL_TRY(statement,
         transaction.database().prepare(
             "INSERT INTO note (thread_id, state, body, number, address, closed_order) VALUES (?1, 'closed', ?2, ?3, "
             "?4, (SELECT COALESCE(MAX(closed_order), 0) + 1 FROM note)) ON CONFLICT DO NOTHING"));
  keys::Note note;
  note.closed_ms = closed_ms;
  const SecretBytes body(keys::encode_note(note));
  statement.bind(1, thread_id).bind(2, transaction.home().seal(body_label(thread_id), body.view()));
  return statement.bind(3, static_cast<std::int64_t>(number)).bind(4, address.trytes()).run();
}

Result<std::set<std::uint64_t>> numbers_of_notes(Home& home, std::int64_t thread_id, std::uint64_t from) {
  GL_TRY(statement, home.database().prepare("SELECT number FROM note WHERE thread_id = ?1 AND number >= ?2"));
  GL_TRY(numbers, sqlite::collect_rows(statement.bind(1, thread_id).bind(2, static_cast<std::int64_t>(from)),
                                       [](const sqlite::Statement& row) { return count_at(row, 0); }));
  return std::set<std::uint64_t>(numbers.begin(), numbers.end());
}

Result<void> skip_notes(Transaction& transaction, std::int64_t thread_id, std::uint64_t first, std::uint64_t until) {
  GL_TRY(statement, transaction.database().prepare("UPDATE thread SET next_out = ?3 WHERE id = ?1 AND next_out = ?2"));
  statement.bind(1, thread_id).bind(2, static_cast<std::int64_t>(first)).bind(3, static_cast<std::int64_t>(until));
  return statement.run();
}

Result<void> queue_fillers(Transaction& transaction, std::int64_t thread_id, std::uint64_t count) {
  GL_TRY(statement, transaction.database().prepare("INSERT INTO note (thread_id, body) VALUES (?1, ?2)"));
  const SecretBytes body(keys::encode_note({}));
  for (std::uint64_t i = 0; i < count; ++i) {
    statement.bind(1, thread_id).bind(2, transaction.home().seal(body_label(thread_id), body.view()));
    GL_CHECK(statement.run());
  }
  return {};
}

Result<void> queue_fillers_of_gaps(Transaction& transaction, std::int64_t thread_id) {
  auto& home = transaction.home();
  GL_TRY(thread, thread_by_id(home, thread_id));
  GL_TRY(rowless_until, rowless_notes_until(home, thread_id));
  GL_TRY(statement,
         home.database().prepare("SELECT COALESCE(MAX(number) + 1, 0), COUNT(number) FILTER (WHERE number >= "
                                 "?2), COUNT(*) FILTER (WHERE state = 'waiting') FROM note WHERE thread_id = "
                                 "?1"));
  GL_CHECK(statement.bind(1, thread_id).bind(2, static_cast<std::int64_t>(thread.next_out)).step());
  GL_TRY(end, count_at(statement, 0));
  GL_TRY(taken, count_at(statement, 1));
  GL_TRY(waiting, count_at(statement, 2));
  const std::uint64_t until = std::max(end, rowless_until);
  const std::uint64_t free = until > thread.next_out + taken ? until - thread.next_out - taken : 0;
  return free > waiting ? queue_fillers(transaction, thread_id, free - waiting) : Result<void>();
}

Result<std::vector<std::uint64_t>> missing_notes(Home& home, std::int64_t thread_id) {
  GL_TRY(statement, home.database().prepare("SELECT number FROM missing_note WHERE thread_id = ?1 ORDER BY number"));
  return sqlite::collect_rows(statement.bind(1, thread_id),
                              [](const sqlite::Statement& row) { return count_at(row, 0); });
}

Result<void> mark_note_read(Transaction& transaction, std::int64_t thread_id, std::uint64_t number) {
  auto& database = transaction.database();
  GL_TRY(thread, thread_by_id(transaction.home(), thread_id));
  if (number < thread.next_in) {
    GL_TRY(found, database.prepare("DELETE FROM missing_note WHERE thread_id = ?1 AND number = ?2"));
    return found.bind(1, thread_id).bind(2, static_cast<std::int64_t>(number)).run();
  }
  GL_TRY(missing, missing_notes(transaction.home(), thread_id));
  if (missing.size() + (number - thread.next_in) > base::limits::kMissingNotesMax) {
    return fail(ErrorCode::kCorrupt, "too many notes of this thread are missing");
  }
  GL_TRY(insert, database.prepare("INSERT INTO missing_note (thread_id, number) VALUES (?1, ?2)"));
  for (auto gap = thread.next_in; gap < number; ++gap) {
    GL_CHECK(insert.bind(1, thread_id).bind(2, static_cast<std::int64_t>(gap)).run());
  }
  GL_TRY(next, database.prepare("UPDATE thread SET next_in = ?2 WHERE id = ?1"));
  return next.bind(1, thread_id).bind(2, static_cast<std::int64_t>(number + 1)).run();
}

Result<std::uint64_t> rowless_notes_until(Home& home, std::int64_t thread_id) {
  GL_TRY(statement, home.database().prepare("SELECT next_number FROM note_taken_back WHERE thread_id = ?1"));
  GL_TRY(row, statement.bind(1, thread_id).step());
  if (!row) return 0;
  return count_at(statement, 0);
}

Result<void> seal_again(Transaction& transaction, std::int64_t note_id) {
  GL_TRY(statement,
         transaction.database().prepare(
             "UPDATE note SET state = 'waiting', number = NULL, address = NULL, bundle_hash = NULL, bundle = "
             "NULL WHERE id = ?1 AND state IN ('sealed', 'leaving', 'left')"));
  return statement.bind(1, note_id).run();
}

Result<std::uint64_t> count_leaving_notes(Home& home, std::int64_t thread_id) {
  GL_TRY(statement, home.database().prepare("SELECT COUNT(*) FROM note WHERE thread_id = ?1 AND state = 'leaving'"));
  GL_TRY(count, single_number(statement.bind(1, thread_id)));
  return static_cast<std::uint64_t>(count);
}

Result<std::vector<std::int64_t>> drop_unsent_notes(Transaction& transaction, std::int64_t thread_id, Drop drop) {
  auto& database = transaction.database();
  const std::string unsent(drop == Drop::kNotArrived ? kNotArrived : kUnsent);
  GL_TRY(released, database.prepare("SELECT epoch_id FROM release WHERE thread_id = ?1 AND note_id IN " + unsent +
                                    " ORDER BY epoch_id"));
  GL_TRY(epoch_ids, all_numbers(released.bind(1, thread_id)));
  // Ends that were queued may go with their notes: all of them are told anew.
  GL_TRY(untold, database.prepare("UPDATE release SET end_queued = 0 WHERE thread_id = ?1 AND EXISTS " + unsent));
  GL_CHECK(untold.bind(1, thread_id).run());
  for (const std::string& sql : {
           "INSERT INTO note_taken_back (thread_id, next_number) SELECT ?1, MAX(number) + 1 FROM note WHERE state = "
           "'leaving' AND id IN " +
               unsent +
               " HAVING MAX(number) IS NOT NULL ON CONFLICT (thread_id) DO UPDATE SET next_number = MAX(next_number, "
               "excluded.next_number)",
           "DELETE FROM release WHERE thread_id = ?1 AND note_id IN " + unsent,
           "UPDATE thread SET next_out = MIN(next_out, COALESCE((SELECT MIN(number) FROM note WHERE id IN " + unsent +
               "), next_out)) WHERE id = ?1",
           "DELETE FROM note WHERE id IN " + unsent,
       }) {
    GL_TRY(statement, database.prepare(sql));
    GL_CHECK(statement.bind(1, thread_id).run());
  }
  return epoch_ids;
}

}  // namespace glucoledger::home
