#include "home/grants.h"

#include <algorithm>

#include "home/rows.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kColumns =
    "SELECT g.id, g.thread_id, r.name, g.name, g.design, g.since, g.until, g.state, g.opened_ms, g.closed_ms FROM "
    "access_grant g JOIN recipient r ON r.id = g.recipient_id ";

Result<std::vector<Grant>> collect(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Grant> {
    Grant grant;
    grant.id = row.integer(0);
    grant.thread_id = row.integer(1);
    grant.recipient = row.text(2);
    grant.name = row.text(3);
    GL_ASSIGN(grant.design, design_at(row, 4));
    if (!row.is_null(5)) grant.days.since = row.text(5);
    if (!row.is_null(6)) grant.days.until = row.text(6);
    grant.open = row.text(7) == "open";
    grant.opened_ms = row.integer(8);
    if (!row.is_null(9)) grant.closed_ms = row.integer(9);
    return grant;
  });
}

// The epochs whose ids the statement gives.
Result<std::vector<Epoch>> collect_epochs(Home& home, sqlite::Statement& statement) {
  return sqlite::collect_rows(
      statement, [&](const sqlite::Statement& row) -> Result<Epoch> { return epoch_by_id(home, row.integer(0)); });
}

Result<bool> any(sqlite::Database& database, std::string_view sql, std::string_view name) {
  GL_TRY(statement, database.prepare(sql));
  GL_TRY(found, single_number(statement.bind(1, name)));
  return found != 0;
}

Result<std::int64_t> recipient_named(Transaction& transaction, std::string_view name) {
  auto& database = transaction.database();
  GL_TRY(known, database.prepare("SELECT id FROM recipient WHERE name = ?1"));
  GL_TRY(row, known.bind(1, name).step());
  if (row) return known.integer(0);
  GL_TRY(taken, any(database, "SELECT EXISTS (SELECT 1 FROM access_grant WHERE name = ?1 AND state = 'open')", name));
  if (taken) return fail(ErrorCode::kUsage, "a grant to someone else has this name", "choose another name");
  GL_TRY(insert, database.prepare("INSERT INTO recipient (name) VALUES (?1)"));
  GL_CHECK(insert.bind(1, name).run());
  return database.last_insert_id();
}

// "NAME", or the first of "NAME/2", "NAME/3" and so on by which nothing else is, or was, called.
Result<std::string> free_grant_name(Transaction& transaction, std::string_view recipient) {
  for (int number = 1;; ++number) {
    const std::string name = std::string(recipient) + (number == 1 ? "" : "/" + std::to_string(number));
    GL_TRY(taken, any(transaction.database(),
                      number == 1 ? "SELECT EXISTS (SELECT 1 FROM access_grant WHERE name = ?1 AND state = 'open')"
                                  : "SELECT EXISTS (SELECT 1 FROM access_grant WHERE name = ?1)",
                      name));
    GL_TRY(person, any(transaction.database(), "SELECT EXISTS (SELECT 1 FROM recipient WHERE name = ?1)", name));
    if (!taken && (number == 1 || !person)) return name;
  }
}

// That of the recipient's other open grants, or a new one.
Result<std::int64_t> thread_for(Transaction& transaction, std::int64_t recipient_id, std::int64_t now_ms) {
  auto& database = transaction.database();
  GL_TRY(shared, database.prepare("SELECT thread_id FROM access_grant WHERE recipient_id = ?1 AND state = 'open' LIMIT "
                                  "1"));
  GL_TRY(row, shared.bind(1, recipient_id).step());
  if (row) return shared.integer(0);
  constexpr auto kOut = keys::Direction::kPatientToRecipient;
  const auto thread = keys::Thread::random();
  GL_TRY(insert, database.prepare("INSERT INTO thread (side, secret, opened_ms) VALUES ('patient', ?1, ?2)"));
  insert.bind(1, transaction.home().seal(thread_label(kOut), thread.secret().view()));
  GL_CHECK(insert.bind(2, now_ms).run());
  return database.last_insert_id();
}

Result<void> write_release(Transaction& transaction, const Grant& grant, const Epoch& epoch,
                           std::optional<std::int64_t> note_id, bool end_queued) {
  GL_TRY(statement, transaction.database().prepare(
                        "INSERT INTO release (thread_id, epoch_id, note_id, end_queued) VALUES (?1, ?2, "
                        "?3, ?4) ON CONFLICT DO UPDATE SET note_id = excluded.note_id, end_queued = "
                        "MAX(end_queued, excluded.end_queued)"));
  return statement.bind(1, grant.thread_id).bind(2, epoch.id).bind(3, note_id).bind(4, end_queued ? 1 : 0).run();
}

// Epochs of a thread whose end is known and was not told.
Result<std::vector<Epoch>> ends_to_tell(Home& home, std::int64_t thread_id) {
  GL_TRY(statement,
         home.database().prepare("SELECT e.id FROM release r JOIN epoch e ON e.id = r.epoch_id WHERE r.thread_id = ?1 "
                                 "AND r.end_queued = 0 AND e.state = 'ended' AND e.messages IS NOT NULL ORDER BY "
                                 "e.first_day, e.id"));
  return collect_epochs(home, statement.bind(1, thread_id));
}

// Notes with the ends of these epochs; the last one also closes the thread when asked.
Result<void> queue_end_notes(Transaction& transaction, std::int64_t thread_id, std::span<const Epoch> epochs,
                             std::optional<std::int64_t> closed_ms) {
  GL_TRY(told, transaction.database().prepare("UPDATE release SET end_queued = 1 WHERE thread_id = ?1 AND epoch_id = "
                                              "?2"));
  std::size_t next = 0;
  do {
    keys::Note note;
    for (; next < epochs.size() && note.ended.size() < keys::kEndedPerNoteMax; ++next) {
      note.ended.push_back({epochs[next].root, *epochs[next].messages});
      GL_CHECK(told.bind(1, thread_id).bind(2, epochs[next].id).run());
    }
    if (next == epochs.size()) note.closed_ms = closed_ms;
    GL_CHECK(queue_note(transaction, thread_id, note));
  } while (next < epochs.size());
  return {};
}

Result<void> tell_ends(Transaction& transaction, std::int64_t thread_id) {
  GL_TRY(epochs, ends_to_tell(transaction.home(), thread_id));
  if (epochs.empty()) return {};
  return queue_end_notes(transaction, thread_id, epochs, std::nullopt);
}

// Notes that release these epochs, and tell the ends of those that ended.
Result<void> queue_releases(Transaction& transaction, const Grant& grant, std::span<const Epoch> epochs) {
  while (!epochs.empty()) {
    const auto part = epochs.first(std::min(keys::kReleasesPerNoteMax, epochs.size()));
    keys::Note note;
    for (const auto& epoch : part) {
      GL_TRY(release, release_of(transaction.home(), epoch));
      note.releases.push_back(std::move(release));
      if (epoch.messages) note.ended.push_back({epoch.root, *epoch.messages});
    }
    GL_TRY(note_id, queue_note(transaction, grant.thread_id, note));
    for (const auto& epoch : part) {
      GL_CHECK(write_release(transaction, grant, epoch, note_id, epoch.messages.has_value()));
    }
    epochs = epochs.subspan(part.size());
  }
  return {};
}

Result<bool> is_released(Home& home, const Grant& grant, const Epoch& epoch) {
  GL_TRY(statement, home.database().prepare("SELECT 1 FROM release WHERE thread_id = ?1 AND epoch_id = ?2"));
  return statement.bind(1, grant.thread_id).bind(2, epoch.id).step();
}

Result<std::vector<Grant>> open_grants_of_thread(Home& home, std::int64_t thread_id) {
  GL_TRY(statement,
         home.database().prepare(std::string(kColumns) + "WHERE g.thread_id = ?1 AND g.state = 'open' ORDER BY g.id"));
  return collect(statement.bind(1, thread_id));
}

bool is_covered(std::span<const Grant> grants, const Epoch& epoch) {
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) { return grant.covers(epoch); });
}

// What the closed grant alone opened and nobody was told yet is never told; what the others open goes again.
Result<void> drop_what_others_do_not_cover(Transaction& transaction, std::span<const Grant> others) {
  GL_TRY(dropped, drop_unsent_notes(transaction, others.front().thread_id, Drop::kUnsent));
  std::vector<Epoch> covered;
  for (const auto id : dropped) {
    GL_TRY(epoch, epoch_by_id(transaction.home(), id));
    if (is_covered(others, epoch)) covered.push_back(std::move(epoch));
  }
  GL_CHECK(queue_releases(transaction, others.front(), covered));
  return tell_ends(transaction, others.front().thread_id);
}

Result<void> close_thread(Transaction& transaction, std::int64_t thread_id, std::int64_t now_ms) {
  GL_CHECK(drop_unsent_notes(transaction, thread_id, Drop::kNotArrived));
  auto& database = transaction.database();
  // The closing tells all ends again: it is the last that is said.
  GL_TRY(untold, database.prepare("UPDATE release SET end_queued = 0 WHERE thread_id = ?1"));
  GL_CHECK(untold.bind(1, thread_id).run());
  GL_TRY(ended, ends_to_tell(transaction.home(), thread_id));
  GL_CHECK(queue_end_notes(transaction, thread_id, ended, now_ms));
  GL_CHECK(queue_fillers_of_gaps(transaction, thread_id));
  GL_TRY(closed,
         database.prepare("UPDATE thread SET state = 'closed', closed_ms = ?2 WHERE id = ?1 AND state = 'open'"));
  return closed.bind(1, thread_id).bind(2, now_ms).run();
}

}  // namespace

Result<Grant> open_grant(Transaction& transaction, std::string_view recipient, keys::Design design,
                         const DayRange& days, std::int64_t now_ms) {
  auto& database = transaction.database();
  GL_TRY(recipient_id, recipient_named(transaction, recipient));
  GL_TRY(thread_id, thread_for(transaction, recipient_id, now_ms));
  GL_TRY(name, free_grant_name(transaction, recipient));
  GL_TRY(insert, database.prepare("INSERT INTO access_grant (recipient_id, thread_id, name, design, since, until, "
                                  "opened_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert.bind(1, recipient_id).bind(2, thread_id).bind(3, name).bind(4, keys::name_of(design));
  GL_CHECK(insert.bind(5, days.since).bind(6, days.until).bind(7, now_ms).run());
  Grant grant;
  grant.id = database.last_insert_id();
  grant.thread_id = thread_id;
  grant.recipient = recipient;
  grant.name = std::move(name);
  grant.design = design;
  grant.days = days;
  grant.opened_ms = now_ms;
  return grant;
}

Result<std::vector<Grant>> open_grants_named(Home& home, std::string_view name) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) +
                                            "WHERE g.state = 'open' AND (r.name = ?1 OR g.name = ?1 OR g.name || '/1' "
                                            "= ?1) ORDER BY g.id"));
  return collect(statement.bind(1, name));
}

Result<std::vector<Grant>> all_grants(Home& home) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "ORDER BY g.id"));
  return collect(statement);
}

Result<std::vector<Grant>> open_grants(Home& home, keys::Design design) {
  GL_TRY(statement,
         home.database().prepare(std::string(kColumns) + "WHERE g.state = 'open' AND g.design = ?1 ORDER BY g.id"));
  return collect(statement.bind(1, keys::name_of(design)));
}

Result<void> release_by_note(Transaction& transaction, const Grant& grant, std::span<const Epoch> epochs) {
  std::vector<Epoch> fresh;
  for (const auto& epoch : epochs) {
    GL_TRY(released, is_released(transaction.home(), grant, epoch));
    if (!released) fresh.push_back(epoch);
  }
  return queue_releases(transaction, grant, fresh);
}

Result<void> release_by_uri(Transaction& transaction, const Grant& grant, const Epoch& epoch) {
  return write_release(transaction, grant, epoch, std::nullopt, false);
}

Result<void> release_anew_by_note(Transaction& transaction, const Grant& grant, const Epoch& with_uri) {
  GL_TRY(statement, transaction.database().prepare("SELECT epoch_id FROM release WHERE thread_id = ?1 AND note_id IS "
                                                   "NULL AND epoch_id != ?2 ORDER BY epoch_id"));
  GL_TRY(epochs, collect_epochs(transaction.home(), statement.bind(1, grant.thread_id).bind(2, with_uri.id)));
  return queue_releases(transaction, grant, epochs);
}

Result<void> release_to_holders(Transaction& transaction, std::span<const Epoch> epochs) {
  for (const auto design : {keys::Design::kTangle, keys::Design::kTangleIpfs}) {
    GL_TRY(grants, open_grants(transaction.home(), design));
    for (const auto& grant : grants) {
      std::vector<Epoch> covered;
      std::copy_if(epochs.begin(), epochs.end(), std::back_inserter(covered),
                   [&](const Epoch& epoch) { return grant.covers(epoch); });
      GL_CHECK(release_by_note(transaction, grant, covered));
    }
  }
  return {};
}

Result<void> queue_ends(Transaction& transaction) {
  GL_TRY(open_threads, transaction.database().prepare("SELECT id FROM thread WHERE side = 'patient' AND state = 'open' "
                                                      "ORDER BY id"));
  GL_TRY(thread_ids, all_numbers(open_threads));
  for (const auto thread_id : thread_ids) GL_CHECK(tell_ends(transaction, thread_id));
  return {};
}

Result<std::vector<Epoch>> epochs_released_to(Home& home, const Grant& grant) {
  GL_TRY(statement, home.database().prepare("SELECT epoch_id FROM release WHERE thread_id = ?1 ORDER BY epoch_id"));
  GL_TRY(ids, all_numbers(statement.bind(1, grant.thread_id)));
  std::vector<Epoch> epochs;
  for (const auto id : ids) {
    GL_TRY(epoch, epoch_by_id(home, id));
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

Result<std::vector<Epoch>> epochs_held_by_alone(Home& home, const Grant& grant) {
  GL_TRY(others, open_grants_of_thread(home, grant.thread_id));
  std::erase_if(others, [&](const Grant& other) { return other.id == grant.id; });
  GL_TRY(statement,
         home.database().prepare("SELECT e.id FROM release r JOIN epoch e ON e.id = r.epoch_id WHERE r.thread_id = ?1 "
                                 "AND e.state = 'open' ORDER BY e.first_day, e.id"));
  GL_TRY(held, collect_epochs(home, statement.bind(1, grant.thread_id)));
  std::erase_if(held, [&](const Epoch& epoch) { return is_covered(others, epoch); });
  return held;
}

Result<void> close_grant(Transaction& transaction, const Grant& grant, std::int64_t now_ms) {
  auto& database = transaction.database();
  GL_TRY(close,
         database.prepare("UPDATE access_grant SET state = 'closed', closed_ms = ?2 WHERE id = ?1 AND state = 'open'"));
  GL_TRY(closed, run_and_tell(database, close.bind(1, grant.id).bind(2, now_ms)));
  if (!closed) return {};
  GL_TRY(others, open_grants_of_thread(transaction.home(), grant.thread_id));
  return others.empty() ? close_thread(transaction, grant.thread_id, now_ms)
                        : drop_what_others_do_not_cover(transaction, others);
}

Result<std::vector<std::string>> close_grants_of_thread(Transaction& transaction, std::int64_t thread_id,
                                                        std::int64_t now_ms) {
  GL_TRY(grants, open_grants_of_thread(transaction.home(), thread_id));
  std::vector<std::string> names;
  for (const auto& grant : grants) {
    GL_CHECK(close_grant(transaction, grant, now_ms));
    names.push_back(grant.name);
  }
  return names;
}

}  // namespace glucoledger::home
