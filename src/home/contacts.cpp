#include "home/contacts.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kContactColumns =
    "SELECT id, name, network_id, locators, patient_key, design, next_note, closed_ms, fetched_ms FROM contact ";

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
  if (!json.is_array()) return fail(ErrorCode::kCorrupt, "a contact's places are damaged");
  std::vector<keys::Place> places;
  for (const auto& item : json) {
    auto where = locator::Locator::decode(item.at(1).get<std::string>());
    if (!where) continue;
    keys::Place place{static_cast<keys::Place::Kind>(item.at(0).get<int>()), std::move(*where)};
    if (keys::is_fit(place)) places.push_back(std::move(place));
  }
  return places;
}

Result<std::vector<Contact>> collect_contacts(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Contact> {
    Contact contact;
    contact.id = row.integer(0);
    contact.name = row.text(1);
    contact.network_id = row.text(2);
    GL_ASSIGN(contact.places, places_from(row.text(3)));
    const auto key = row.blob(4);
    GL_ASSERT(key.size() == contact.patient_key.size());
    std::copy(key.begin(), key.end(), contact.patient_key.begin());
    GL_ASSIGN(contact.design, keys::design_named(row.text(5)));
    contact.next_note = static_cast<std::uint64_t>(row.integer(6));
    if (!row.is_null(7)) contact.closed_ms = row.integer(7);
    if (!row.is_null(8)) contact.fetched_ms = row.integer(8);
    return contact;
  });
}

std::string label_of(const char* column, std::string_view root) {
  return std::string("released_epoch/") + column + "/" + std::string(root);
}

}  // namespace

Result<Contact> add_contact(Home& home, const keys::Invitation& invitation, std::string_view name) {
  auto& database = home.database();
  GL_TRY(same, database.prepare(std::string(kContactColumns) + "WHERE thread_tag = ?1"));
  same.bind(1, tag_of(invitation.thread));
  GL_TRY(known, collect_contacts(same));
  if (!known.empty()) {
    if (invitation.newest_epoch) GL_CHECK(add_released_epoch(home, known.front().id, *invitation.newest_epoch));
    return std::move(known.front());
  }
  GL_TRY(taken, contact_named(home, name));
  if (taken) return fail(ErrorCode::kUsage, "a patient of this name is here already", "choose another with --name");
  GL_TRY(insert, database.prepare("INSERT INTO contact (name, network_id, locators, thread, thread_tag, patient_key, "
                                  "design) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert.bind(1, name).bind(2, invitation.network_id).bind(3, text_of(invitation.places));
  insert.bind(4, home.seal("contact/thread", invitation.thread.secret().view())).bind(5, tag_of(invitation.thread));
  GL_CHECK(insert.bind(6, ByteView(invitation.patient_key)).bind(7, keys::name_of(invitation.design)).run());
  if (invitation.newest_epoch) {
    GL_CHECK(add_released_epoch(home, database.last_insert_id(), *invitation.newest_epoch));
  }
  GL_TRY(added, contact_named(home, name));
  return std::move(*added);
}

Result<std::optional<Contact>> contact_named(Home& home, std::string_view name) {
  GL_TRY(statement, home.database().prepare(std::string(kContactColumns) + "WHERE name = ?1"));
  statement.bind(1, name);
  GL_TRY(found, collect_contacts(statement));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<Contact>> all_contacts(Home& home) {
  GL_TRY(statement, home.database().prepare(std::string(kContactColumns) + "ORDER BY id"));
  return collect_contacts(statement);
}

Result<keys::Thread> thread_of(Home& home, const Contact& contact) {
  GL_TRY(statement, home.database().prepare("SELECT thread FROM contact WHERE id = ?1"));
  GL_CHECK(statement.bind(1, contact.id).step());
  GL_TRY(secret, home.unseal("contact/thread", statement.blob(0)));
  return keys::Thread::from_secret(std::move(secret));
}

Result<void> set_fetched(Home& home, const Contact& contact, std::int64_t now_ms) {
  GL_TRY(statement, home.database().prepare("UPDATE contact SET fetched_ms = ?2 WHERE id = ?1"));
  return statement.bind(1, contact.id).bind(2, now_ms).run();
}

Result<void> apply_note(Home& home, const Contact& contact, std::uint64_t next_note, const keys::Note& note) {
  auto& database = home.database();
  for (const auto& release : note.releases) GL_CHECK(add_released_epoch(home, contact.id, release));
  GL_TRY(ended, database.prepare("UPDATE released_epoch SET messages = MAX(COALESCE(messages, 0), ?3) WHERE "
                                 "contact_id = ?1 AND root = ?2"));
  for (const auto& epoch : note.ended) {
    const auto messages =
        static_cast<std::int64_t>(std::min<std::uint64_t>(epoch.messages, base::limits::kMessagesPerEpochMax));
    GL_CHECK(ended.bind(1, contact.id).bind(2, epoch.root.trytes()).bind(3, messages).run());
  }
  GL_TRY(progress,
         database.prepare("UPDATE contact SET next_note = MAX(next_note, ?2), closed_ms = COALESCE(closed_ms, ?3) "
                          "WHERE id = ?1"));
  return progress.bind(1, contact.id).bind(2, static_cast<std::int64_t>(next_note)).bind(3, note.closed_ms).run();
}

Result<std::vector<ReleasedEpoch>> epochs_to_read(Home& home, const Contact& contact) {
  GL_TRY(statement,
         home.database().prepare("SELECT id, design, first_day, last_day, root, side_key, file_secret, "
                                 "next_index, next_root, messages FROM released_epoch WHERE contact_id = ?1 AND "
                                 "(messages IS NULL OR next_index < messages) ORDER BY first_day, id"));
  statement.bind(1, contact.id);
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<ReleasedEpoch> {
    ReleasedEpoch epoch;
    epoch.id = row.integer(0);
    GL_ASSIGN(epoch.design, keys::design_named(row.text(1)));
    epoch.first_day = row.text(2);
    epoch.last_day = row.text(3);
    const auto root = row.text(4);
    GL_ASSIGN(epoch.root, crypto::Hash::from_trytes(root));
    GL_ASSIGN(epoch.side_key, home.unseal(label_of("side_key", root), row.blob(5)));
    if (!row.is_null(6)) {
      GL_ASSIGN(epoch.file_secret, home.unseal(label_of("file_secret", root), row.blob(6)));
    }
    epoch.next_index = static_cast<std::uint64_t>(row.integer(7));
    GL_ASSIGN(epoch.next_root, crypto::Hash::from_trytes(row.text(8)));
    if (!row.is_null(9)) epoch.messages = static_cast<std::uint64_t>(row.integer(9));
    return epoch;
  });
}

Result<void> add_released_epoch(Home& home, std::int64_t contact_id, const keys::EpochRelease& release) {
  GL_TRY(statement,
         home.database().prepare("INSERT OR IGNORE INTO released_epoch (contact_id, design, first_day, last_day, "
                                 "root, side_key, file_secret, next_root) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                                 "?5)"));
  const auto root = release.root.trytes();
  statement.bind(1, contact_id).bind(2, keys::name_of(release.design)).bind(3, release.first_day);
  statement.bind(4, release.last_day).bind(5, root);
  statement.bind(6, home.seal(label_of("side_key", root), release.side_key.view()));
  if (release.file_secret) {
    statement.bind(7, home.seal(label_of("file_secret", root), release.file_secret->view()));
  } else {
    statement.bind_null(7);
  }
  return statement.run();
}

Result<void> advance(Home& home, const ReleasedEpoch& epoch, std::uint64_t next_index, const crypto::Hash& next_root) {
  GL_TRY(statement, home.database().prepare("UPDATE released_epoch SET next_index = ?2, next_root = ?3 WHERE id = ?1"));
  return statement.bind(1, epoch.id).bind(2, static_cast<std::int64_t>(next_index)).bind(3, next_root.trytes()).run();
}

Result<bool> add_record(Home& home, const Contact& contact, std::int64_t epoch_id, const Record& record) {
  GL_TRY(statement, home.database().prepare("INSERT OR IGNORE INTO record (contact_id, epoch_id, identifier, resource) "
                                            "VALUES (?1, ?2, ?3, ?4)"));
  statement.bind(1, contact.id).bind(2, epoch_id).bind(3, record.identifier).bind(4, record.resource);
  GL_CHECK(statement.run());
  return home.database().changes() > 0;
}

Result<std::vector<Record>> records_of(Home& home, const Contact& contact) {
  GL_TRY(statement,
         home.database().prepare("SELECT identifier, resource FROM record WHERE contact_id = ?1 ORDER BY id"));
  statement.bind(1, contact.id);
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Record> {
    return Record{row.text(0), row.text(1)};
  });
}

Result<std::int64_t> count_records(Home& home, const Contact& contact) {
  GL_TRY(statement, home.database().prepare("SELECT COUNT(*) FROM record WHERE contact_id = ?1"));
  GL_CHECK(statement.bind(1, contact.id).step());
  return statement.integer(0);
}

}  // namespace glucoledger::home
