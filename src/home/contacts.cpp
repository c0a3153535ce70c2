#include "home/contacts.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kGrantColumns =
    "SELECT id, contact_id, thread_id, network_id, locators, patient_key, design, closed_ms, fetched_ms FROM "
    "received_grant ";

// By which the thread is known again: its secret is sealed, each time differently.
Bytes tag_of(const keys::Thread& thread) {
  Bytes tag(16);
  crypto_generichash(tag.data(), tag.size(), thread.secret().data(), thread.secret().size(), nullptr, 0);
  return tag;
}

std::string text_of(const std::vector<keys::Place>& places) {
  auto json = nlohmann::json::array();
  for (const auto& place : places) {
    json.push_back(nlohmann::json::array({static_cast<int>(place.kind), place.where.text()}));
  }
  return json.dump();
}

// Places that an earlier version took and this one cannot read lead nowhere: they are left out.
Result<std::vector<keys::Place>> places_from(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return damaged();
  std::vector<keys::Place> places;
  for (const auto& item : json) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_number_integer() || !item[1].is_string()) return damaged();
    const auto kind = item[0].get<std::int64_t>();
    if (kind < 0 || kind > static_cast<std::int64_t>(keys::Place::Kind::kHome)) return damaged();
    auto where = locator::Locator::decode(item[1].get<std::string>());
    if (!where) continue;
    keys::Place place{static_cast<keys::Place::Kind>(kind), std::move(*where)};
    if (keys::is_fit(place)) places.push_back(std::move(place));
  }
  return places;
}

std::string text_of(const std::vector<keys::Design>& designs) {
  std::string text;
  for (const auto design : designs) text += (text.empty() ? "" : ",") + std::string(keys::name_of(design));
  return text;
}

Result<std::vector<keys::Design>> designs_from(std::string_view text) {
  std::vector<keys::Design> designs;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    GL_TRY(design, of_row(keys::design_named(text.substr(begin, end - begin))));
    designs.push_back(design);
    begin = end + 1;
  }
  return designs;
}

Result<std::vector<ReceivedGrant>> collect_grants(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<ReceivedGrant> {
    ReceivedGrant grant;
    grant.id = row.integer(0);
    grant.contact_id = row.integer(1);
    grant.thread_id = row.integer(2);
    grant.network_id = row.text(3);
    GL_ASSIGN(grant.places, places_from(row.text(4)));
    const auto key = row.blob(5);
    if (key.size() != grant.patient_key.size()) return damaged();
    std::copy(key.begin(), key.end(), grant.patient_key.begin());
    GL_ASSIGN(grant.designs, designs_from(row.text(6)));
    if (!row.is_null(7)) grant.closed_ms = row.integer(7);
    if (!row.is_null(8)) grant.fetched_ms = row.integer(8);
    return grant;
  });
}

Result<std::vector<Contact>> collect_contacts(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [](const sqlite::Statement& row) -> Result<Contact> {
    return Contact{row.integer(0), row.text(1)};
  });
}

std::string label_of(const char* column, std::string_view root) {
  return std::string("released_epoch/") + column + "/" + std::string(root);
}

// Where the patient's ledger and files are found, first as they were told last, and in which designs.
Result<void> add_places_and_design(Transaction& transaction, const keys::Invitation& invitation,
                                   const ReceivedGrant& known) {
  auto places = invitation.places;
  for (const auto& place : known.places) {
    const bool is_there = std::any_of(places.begin(), places.end(), [&](const keys::Place& other) {
      return other.kind == place.kind && other.where == place.where;
    });
    if (!is_there && places.size() < base::limits::kPlacesPerContactMax) places.push_back(place);
  }
  auto designs = known.designs;
  if (std::find(designs.begin(), designs.end(), invitation.design) == designs.end()) {
    designs.push_back(invitation.design);
  }
  GL_TRY(statement,
         transaction.database().prepare("UPDATE received_grant SET locators = ?2, design = ?3 WHERE id = ?1"));
  return statement.bind(1, known.id).bind(2, text_of(places)).bind(3, text_of(designs)).run();
}

// An invitation whose thread is here already.
Result<Contact> take_again(Transaction& transaction, const keys::Invitation& invitation, const ReceivedGrant& known) {
  if (known.patient_key != invitation.patient_key || known.network_id != invitation.network_id) {
    return fail(ErrorCode::kNotAllowed,
                "this invitation differs from the one that was received before, in the patient's "
                "key or the ledger",
                "ask the patient for an invitation of a new grant, handed over in person");
  }
  if (invitation.newest_epoch) GL_CHECK(add_released_epoch(transaction, known.id, *invitation.newest_epoch));
  GL_CHECK(add_places_and_design(transaction, invitation, known));
  GL_TRY(statement, transaction.database().prepare("SELECT id, name FROM contact WHERE id = ?1"));
  GL_TRY(found, collect_contacts(statement.bind(1, known.contact_id)));
  if (found.empty()) return damaged();
  return std::move(found.front());
}

// The contact of this name, which is added where there is none. One of another patient: kUsage.
Result<Contact> contact_for(Transaction& transaction, const keys::PublicKey& patient_key, std::string_view name) {
  GL_TRY(present, contact_named(transaction.home(), name));
  if (present) {
    GL_TRY(grants, grants_of(transaction.home(), *present));
    const bool is_same = std::all_of(grants.begin(), grants.end(),
                                     [&](const ReceivedGrant& grant) { return grant.patient_key == patient_key; });
    if (is_same) return std::move(*present);
    return fail(ErrorCode::kUsage, "another patient has this name here", "choose another name");
  }
  GL_TRY(insert, transaction.database().prepare("INSERT INTO contact (name) VALUES (?1)"));
  GL_CHECK(insert.bind(1, name).run());
  return Contact{transaction.database().last_insert_id(), std::string(name)};
}

Result<std::int64_t> insert_thread(Transaction& transaction, const keys::Thread& thread) {
  auto& database = transaction.database();
  GL_TRY(insert, database.prepare("INSERT INTO thread (side, secret, tag) VALUES ('recipient', ?1, ?2)"));
  const auto label = thread_label(keys::Direction::kRecipientToPatient);
  GL_CHECK(insert.bind(1, transaction.home().seal(label, thread.secret().view())).bind(2, tag_of(thread)).run());
  return database.last_insert_id();
}

}  // namespace

Result<Contact> add_received_grant(Transaction& transaction, const keys::Invitation& invitation,
                                   std::string_view name) {
  auto& database = transaction.database();
  GL_TRY(same,
         database.prepare(std::string(kGrantColumns) + "WHERE thread_id = (SELECT id FROM thread WHERE tag = ?1)"));
  GL_TRY(known, collect_grants(same.bind(1, tag_of(invitation.thread))));
  if (!known.empty()) return take_again(transaction, invitation, known.front());
  GL_TRY(contact, contact_for(transaction, invitation.patient_key, name));
  GL_TRY(thread_id, insert_thread(transaction, invitation.thread));
  GL_TRY(insert,
         database.prepare("INSERT INTO received_grant (contact_id, thread_id, network_id, locators, patient_key, "
                          "design) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  insert.bind(1, contact.id).bind(2, thread_id).bind(3, invitation.network_id).bind(4, text_of(invitation.places));
  GL_CHECK(insert.bind(5, ByteView(invitation.patient_key)).bind(6, keys::name_of(invitation.design)).run());
  const auto grant_id = database.last_insert_id();
  if (invitation.newest_epoch) GL_CHECK(add_released_epoch(transaction, grant_id, *invitation.newest_epoch));
  return contact;
}

Result<std::optional<Contact>> contact_named(Home& home, std::string_view name) {
  GL_TRY(statement, home.database().prepare("SELECT id, name FROM contact WHERE name = ?1"));
  GL_TRY(found, collect_contacts(statement.bind(1, name)));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<Contact>> all_contacts(Home& home) {
  GL_TRY(statement, home.database().prepare("SELECT id, name FROM contact ORDER BY id"));
  return collect_contacts(statement);
}

Result<std::vector<ReceivedGrant>> grants_of(Home& home, const Contact& contact) {
  GL_TRY(statement, home.database().prepare(std::string(kGrantColumns) + "WHERE contact_id = ?1 ORDER BY id"));
  return collect_grants(statement.bind(1, contact.id));
}

Result<void> set_fetched(Transaction& transaction, const ReceivedGrant& grant, std::int64_t now_ms) {
  GL_TRY(statement, transaction.database().prepare("UPDATE received_grant SET fetched_ms = ?2 WHERE id = ?1"));
  return statement.bind(1, grant.id).bind(2, now_ms).run();
}

Result<void> apply_note(Transaction& transaction, const ReceivedGrant& grant, std::uint64_t number,
                        const keys::Note& note) {
  auto& database = transaction.database();
  for (const auto& release : note.releases) GL_CHECK(add_released_epoch(transaction, grant.id, release));
  GL_TRY(ended, database.prepare("UPDATE released_epoch SET messages = MAX(COALESCE(messages, 0), ?3) WHERE grant_id = "
                                 "?1 AND root = ?2"));
  for (const auto& epoch : note.ended) {
    const auto messages =
        static_cast<std::int64_t>(std::min<std::uint64_t>(epoch.messages, base::limits::kMessagesPerEpochMax));
    GL_CHECK(ended.bind(1, grant.id).bind(2, epoch.root.trytes()).bind(3, messages).run());
  }
  GL_CHECK(mark_note_read(transaction, grant.thread_id, number));
  if (!note.closed_ms) return {};
  GL_TRY(thread,
         database.prepare("UPDATE thread SET state = 'closed', closed_ms = ?2 WHERE id = ?1 AND state = 'open'"));
  GL_CHECK(thread.bind(1, grant.thread_id).bind(2, *note.closed_ms).run());
  GL_TRY(closed, database.prepare("UPDATE received_grant SET closed_ms = COALESCE(closed_ms, ?2) WHERE id = ?1"));
  return closed.bind(1, grant.id).bind(2, *note.closed_ms).run();
}

Result<std::vector<ReleasedEpoch>> epochs_to_read(Home& home, const ReceivedGrant& grant) {
  GL_TRY(statement,
         home.database().prepare("SELECT id, design, first_day, last_day, root, side_key, file_secret, next_index, "
                                 "next_root, messages FROM released_epoch WHERE grant_id = ?1 AND (messages IS NULL OR "
                                 "next_index < messages) ORDER BY first_day, id"));
  return sqlite::collect_rows(statement.bind(1, grant.id), [&](const sqlite::Statement& row) -> Result<ReleasedEpoch> {
    ReleasedEpoch epoch;
    epoch.id = row.integer(0);
    GL_ASSIGN(epoch.design, design_at(row, 1));
    epoch.first_day = row.text(2);
    epoch.last_day = row.text(3);
    GL_ASSIGN(epoch.root, hash_at(row, 4));
    const auto root = epoch.root.trytes();
    GL_ASSIGN(epoch.side_key, home.unseal(label_of("side_key", root), row.blob(5)));
    if (!row.is_null(6)) {
      GL_ASSIGN(epoch.file_secret, home.unseal(label_of("file_secret", root), row.blob(6)));
    }
    GL_ASSIGN(epoch.next_index, count_at(row, 7));
    GL_ASSIGN(epoch.next_root, hash_at(row, 8));
    if (!row.is_null(9)) {
      GL_ASSIGN(epoch.messages, count_at(row, 9));
    }
    return epoch;
  });
}

Result<void> add_released_epoch(Transaction& transaction, std::int64_t grant_id, const keys::EpochRelease& release) {
  GL_TRY(statement, transaction.database().prepare(
                        "INSERT INTO released_epoch (grant_id, design, first_day, last_day, root, side_key, "
                        "file_secret, next_root) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5) ON CONFLICT (grant_id, root) "
                        "DO NOTHING"));
  const auto root = release.root.trytes();
  const auto& home = transaction.home();
  statement.bind(1, grant_id).bind(2, keys::name_of(release.design)).bind(3, release.first_day);
  statement.bind(4, release.last_day).bind(5, root);
  statement.bind(6, home.seal(label_of("side_key", root), release.side_key.view()));
  if (release.file_secret) {
    statement.bind(7, home.seal(label_of("file_secret", root), release.file_secret->view()));
  } else {
    statement.bind_null(7);
  }
  return statement.run();
}

Result<void> advance(Transaction& transaction, ReleasedEpoch& epoch, const crypto::Hash& next_root) {
  auto& database = transaction.database();
  GL_TRY(statement, database.prepare("UPDATE released_epoch SET next_index = next_index + 1, next_root = ?3 WHERE id = "
                                     "?1 AND next_index = ?2"));
  statement.bind(1, epoch.id).bind(2, static_cast<std::int64_t>(epoch.next_index)).bind(3, next_root.trytes());
  GL_TRY(is_ours, run_and_tell(database, statement));
  if (is_ours) {
    ++epoch.next_index;
    epoch.next_root = next_root;
    return {};
  }
  GL_TRY(now, database.prepare("SELECT next_index, next_root, messages FROM released_epoch WHERE id = ?1"));
  GL_TRY(is_there, now.bind(1, epoch.id).step());
  if (!is_there) return damaged();
  GL_ASSIGN(epoch.next_index, count_at(now, 0));
  GL_ASSIGN(epoch.next_root, hash_at(now, 1));
  epoch.messages.reset();
  if (!now.is_null(2)) {
    GL_ASSIGN(epoch.messages, count_at(now, 2));
  }
  return {};
}

}  // namespace glucoledger::home
