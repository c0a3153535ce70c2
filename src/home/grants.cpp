#include "home/grants.h"

#include <algorithm>

namespace glucoledger::home {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, name, design, since, until, next_note, state, opened_ms, closed_ms FROM access_grant ";

Result<std::vector<Grant>> collect(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Grant> {
    Grant grant;
    grant.id = row.integer(0);
    grant.name = row.text(1);
    GL_ASSIGN(grant.design, keys::design_named(row.text(2)));
    if (!row.is_null(3)) grant.days.since = row.text(3);
    if (!row.is_null(4)) grant.days.until = row.text(4);
    grant.next_note = static_cast<std::uint64_t>(row.integer(5));
    grant.open = row.text(6) == "open";
    grant.opened_ms = row.integer(7);
    if (!row.is_null(8)) grant.closed_ms = row.integer(8);
    return grant;
  });
}

std::string note_label(std::int64_t grant_id) {
  return "note/" + std::to_string(grant_id);
}

Result<std::int64_t> queue_note(Home& home, const Grant& grant, const keys::Note& note) {
  GL_TRY(statement, home.database().prepare("INSERT INTO note (grant_id, body) VALUES (?1, ?2)"));
  const SecretBytes body(keys::encode_note(note));
  GL_CHECK(statement.bind(1, grant.id).bind(2, home.seal(note_label(grant.id), body.view())).run());
  return home.database().last_insert_id();
}

Result<void> write_release(Home& home, const Grant& grant, const Epoch& epoch, std::optional<std::int64_t> note_id,
                           bool end_queued) {
  GL_TRY(statement, home.database().prepare("INSERT INTO release (grant_id, epoch_id, note_id, end_queued) VALUES "
                                            "(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET note_id = excluded.note_id, "
                                            "end_queued = MAX(end_queued, excluded.end_queued)"));
  return statement.bind(1, grant.id).bind(2, epoch.id).bind(3, note_id).bind(4, end_queued ? 1 : 0).run();
}

Result<void> set_end_queued(Home& home, const Grant& grant, std::int64_t epoch_id) {
  GL_TRY(statement, home.database().prepare("UPDATE release SET end_queued = 1 WHERE grant_id = ?1 AND epoch_id = ?2"));
  return statement.bind(1, grant.id).bind(2, epoch_id).run();
}

// Epochs of a grant whose end is known and was not told.
Result<std::vector<Epoch>> ends_to_tell(Home& home, const Grant& grant) {
  GL_TRY(statement,
         home.database().prepare("SELECT e.id FROM release r JOIN epoch e ON e.id = r.epoch_id WHERE r.grant_id = "
                                 "?1 AND r.end_queued = 0 AND e.state = 'ended' AND e.messages IS NOT NULL "
                                 "ORDER BY e.first_day, e.id"));
  statement.bind(1, grant.id);
  return sqlite::collect_rows(
      statement, [&](const sqlite::Statement& row) -> Result<Epoch> { return epoch_by_id(home, row.integer(0)); });
}

// Notes with the ends of these epochs; the last one also closes the grant when asked.
Result<void> queue_end_notes(Home& home, const Grant& grant, std::span<const Epoch> epochs,
                             std::optional<std::int64_t> closed_ms) {
  std::size_t next = 0;
  do {
    keys::Note note;
    for (; next < epochs.size() && note.ended.size() < keys::kEndedPerNoteMax; ++next) {
      note.ended.push_back({epochs[next].root, *epochs[next].messages});
      GL_CHECK(set_end_queued(home, grant, epochs[next].id));
    }
    if (next == epochs.size()) note.closed_ms = closed_ms;
    GL_CHECK(queue_note(home, grant, note));
  } while (next < epochs.size());
  return {};
}

// Notes that release these epochs, and tell the ends of those that ended.
Result<void> queue_releases(Home& home, const Grant& grant, std::span<const Epoch> epochs) {
  while (!epochs.empty()) {
    const auto part = epochs.first(std::min(keys::kReleasesPerNoteMax, epochs.size()));
    keys::Note note;
    for (const auto& epoch : part) {
      GL_TRY(release, release_of(home, epoch));
      note.releases.push_back(std::move(release));
      if (epoch.messages) note.ended.push_back({epoch.root, *epoch.messages});
    }
    GL_TRY(note_id, queue_note(home, grant, note));
    for (const auto& epoch : part) GL_CHECK(write_release(home, grant, epoch, note_id, epoch.messages.has_value()));
    epochs = epochs.subspan(part.size());
  }
  return {};
}

Result<bool> is_released(Home& home, const Grant& grant, const Epoch& epoch) {
  GL_TRY(statement, home.database().prepare("SELECT 1 FROM release WHERE grant_id = ?1 AND epoch_id = ?2"));
  return statement.bind(1, grant.id).bind(2, epoch.id).step();
}

}  // namespace

Result<Grant> open_grant(Home& home, std::string_view name, keys::Design design, const DayRange& days,
                         std::int64_t now_ms) {
  const auto thread = keys::Thread::random();
  GL_TRY(statement, home.database().prepare("INSERT INTO access_grant (name, design, since, until, thread, opened_ms) "
                                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  statement.bind(1, name).bind(2, keys::name_of(design)).bind(3, days.since).bind(4, days.until);
  GL_CHECK(statement.bind(5, home.seal("thread", thread.secret().view())).bind(6, now_ms).run());
  return grant_by_id(home, home.database().last_insert_id());
}

Result<std::optional<Grant>> open_grant_named(Home& home, std::string_view name) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "WHERE name = ?1 AND state = 'open'"));
  statement.bind(1, name);
  GL_TRY(found, collect(statement));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<Grant> grant_by_id(Home& home, std::int64_t id) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "WHERE id = ?1"));
  statement.bind(1, id);
  GL_TRY(found, collect(statement));
  if (found.empty()) return fail(ErrorCode::kNotFound, "there is no such grant");
  return std::move(found.front());
}

Result<std::vector<Grant>> all_grants(Home& home) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "ORDER BY id"));
  return collect(statement);
}

Result<std::vector<Grant>> open_grants(Home& home, keys::Design design) {
  GL_TRY(statement,
         home.database().prepare(std::string(kColumns) + "WHERE state = 'open' AND design = ?1 ORDER BY id"));
  statement.bind(1, keys::name_of(design));
  return collect(statement);
}

Result<keys::Thread> thread_of(Home& home, const Grant& grant) {
  GL_TRY(statement, home.database().prepare("SELECT thread FROM access_grant WHERE id = ?1"));
  GL_CHECK(statement.bind(1, grant.id).step());
  GL_TRY(secret, home.unseal("thread", statement.blob(0)));
  return keys::Thread::from_secret(std::move(secret));
}

Result<void> release_by_note(Home& home, const Grant& grant, std::span<const Epoch> epochs) {
  std::vector<Epoch> fresh;
  for (const auto& epoch : epochs) {
    GL_TRY(released, is_released(home, grant, epoch));
    if (!released) fresh.push_back(epoch);
  }
  return queue_releases(home, grant, fresh);
}

Result<void> release_anew_by_note(Home& home, const Grant& grant, const Epoch& with_uri) {
  GL_TRY(statement, home.database().prepare("SELECT epoch_id FROM release WHERE grant_id = ?1 AND note_id IS NULL AND "
                                            "epoch_id != ?2 ORDER BY epoch_id"));
  statement.bind(1, grant.id).bind(2, with_uri.id);
  GL_TRY(epochs, sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Epoch> {
           return epoch_by_id(home, row.integer(0));
         }));
  return queue_releases(home, grant, epochs);
}

Result<void> release_by_uri(Home& home, const Grant& grant, const Epoch& epoch) {
  return write_release(home, grant, epoch, std::nullopt, false);
}

Result<void> release_to_holders(Home& home, std::span<const Epoch> epochs) {
  if (epochs.empty()) return {};
  GL_TRY(grants, open_grants(home, epochs.front().design));
  for (const auto& grant : grants) {
    std::vector<Epoch> covered;
    std::copy_if(epochs.begin(), epochs.end(), std::back_inserter(covered),
                 [&](const Epoch& epoch) { return grant.covers(epoch); });
    GL_CHECK(release_by_note(home, grant, covered));
  }
  return {};
}

Result<void> queue_ends(Home& home) {
  GL_TRY(grants, all_grants(home));
  for (const auto& grant : grants) {
    if (!grant.open) continue;
    GL_TRY(epochs, ends_to_tell(home, grant));
    if (!epochs.empty()) GL_CHECK(queue_end_notes(home, grant, epochs, std::nullopt));
  }
  return {};
}

Result<std::vector<Epoch>> open_epochs_of(Home& home, const Grant& grant) {
  GL_TRY(statement,
         home.database().prepare("SELECT e.id FROM release r JOIN epoch e ON e.id = r.epoch_id WHERE r.grant_id = "
                                 "?1 AND e.state = 'open' ORDER BY e.first_day, e.id"));
  statement.bind(1, grant.id);
  return sqlite::collect_rows(
      statement, [&](const sqlite::Statement& row) -> Result<Epoch> { return epoch_by_id(home, row.integer(0)); });
}

Result<void> close_grant(Home& home, const Grant& grant, std::int64_t now_ms) {
  auto& database = home.database();
  GL_TRY(unreleased,
         database.prepare("DELETE FROM release WHERE grant_id = ?1 AND note_id IN (SELECT id FROM note WHERE "
                          "state = 'waiting')"));
  GL_CHECK(unreleased.bind(1, grant.id).run());
  GL_TRY(dropped, database.prepare("DELETE FROM note WHERE grant_id = ?1 AND state = 'waiting'"));
  GL_CHECK(dropped.bind(1, grant.id).run());
  // Ends that were queued may just have been dropped with their notes: tell all of them with the closing.
  GL_TRY(untold, database.prepare("UPDATE release SET end_queued = 0 WHERE grant_id = ?1"));
  GL_CHECK(untold.bind(1, grant.id).run());
  GL_TRY(epochs, ends_to_tell(home, grant));
  GL_CHECK(queue_end_notes(home, grant, epochs, now_ms));
  GL_TRY(closed, database.prepare("UPDATE access_grant SET state = 'closed', closed_ms = ?2 WHERE id = ?1"));
  return closed.bind(1, grant.id).bind(2, now_ms).run();
}

Result<std::vector<WaitingNote>> waiting_notes(Home& home, std::int64_t grant_id) {
  GL_TRY(statement,
         home.database().prepare("SELECT id, body FROM note WHERE grant_id = ?1 AND state = 'waiting' ORDER BY id"));
  statement.bind(1, grant_id);
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<WaitingNote> {
    GL_TRY(body, home.unseal(note_label(grant_id), row.blob(1)));
    GL_TRY(note, keys::decode_note(body.view()));
    return WaitingNote{row.integer(0), grant_id, std::move(note)};
  });
}

Result<void> seal_again(Home& home, std::int64_t note_id) {
  GL_TRY(statement, home.database().prepare("UPDATE note SET state = 'waiting', number = NULL, address = NULL, "
                                            "bundle_hash = NULL, bundle = NULL WHERE id = ?1"));
  return statement.bind(1, note_id).run();
}

Result<std::vector<std::int64_t>> grants_with_waiting_notes(Home& home) {
  GL_TRY(statement,
         home.database().prepare("SELECT DISTINCT grant_id FROM note WHERE state = 'waiting' ORDER BY grant_id"));
  return sqlite::collect_rows(statement,
                              [&](const sqlite::Statement& row) -> Result<std::int64_t> { return row.integer(0); });
}

Result<void> store_sealed(Home& home, const WaitingNote& note, std::uint64_t number, const crypto::Hash& address,
                          const crypto::Hash& bundle_hash, const ledger::PreparedBundle& bundle) {
  GL_TRY(statement,
         home.database().prepare("UPDATE note SET state = 'sealed', number = ?2, address = ?3, bundle_hash = ?4, "
                                 "bundle = ?5 WHERE id = ?1 AND state = 'waiting'"));
  statement.bind(1, note.id).bind(2, static_cast<std::int64_t>(number)).bind(3, address.trytes());
  GL_CHECK(statement.bind(4, bundle_hash.trytes()).bind(5, pack_bundle(bundle)).run());
  GL_ASSERT(home.database().changes() == 1);
  GL_TRY(next, home.database().prepare("UPDATE access_grant SET next_note = ?2 WHERE id = ?1"));
  return next.bind(1, note.grant_id).bind(2, static_cast<std::int64_t>(number + 1)).run();
}

}  // namespace glucoledger::home
