// The physician's side: patients who let this home in, the epochs they released, and the records that were read.
//
// Functions that write expect to be called inside a transaction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/home.h"
#include "keys/epoch_release.h"
#include "keys/note.h"
#include "keys/uri.h"

namespace glucoledger::home {

struct Contact {
  std::int64_t id = 0;
  std::string name;
  std::string network_id;
  std::vector<keys::Place> places;
  keys::PublicKey patient_key{};
  keys::Design design = keys::Design::kTangle;
  std::uint64_t next_note = 0;
  std::optional<std::int64_t> closed_ms;
  std::optional<std::int64_t> fetched_ms;
};

// kUsage: the name is taken; an invitation that was received before gives its contact again.
Result<Contact> add_contact(Home& home, const keys::Invitation& invitation, std::string_view name);
Result<std::optional<Contact>> contact_named(Home& home, std::string_view name);
Result<std::vector<Contact>> all_contacts(Home& home);
Result<keys::Thread> thread_of(Home& home, const Contact& contact);
Result<void> set_fetched(Home& home, const Contact& contact, std::int64_t now_ms);

// Takes in what a note says, and that all notes before `next_note` were read.
Result<void> apply_note(Home& home, const Contact& contact, std::uint64_t next_note, const keys::Note& note);

struct ReleasedEpoch {
  std::int64_t id = 0;
  keys::Design design = keys::Design::kTangle;
  std::string first_day;
  std::string last_day;
  crypto::Hash root;
  SecretBytes side_key;
  std::optional<SecretBytes> file_secret;
  std::uint64_t next_index = 0;
  crypto::Hash next_root;
  std::optional<std::uint64_t> messages;

  bool complete() const { return messages && next_index >= *messages; }
};
// Those that may still hold something unread; oldest first.
Result<std::vector<ReleasedEpoch>> epochs_to_read(Home& home, const Contact& contact);
Result<void> add_released_epoch(Home& home, std::int64_t contact_id, const keys::EpochRelease& release);
Result<void> advance(Home& home, const ReleasedEpoch& epoch, std::uint64_t next_index, const crypto::Hash& next_root);

struct Record {
  std::string identifier;
  std::string resource;  // a FHIR Observation, JSON
};
// Whether it was new: a record that came before, in whichever epoch, is kept as it was.
Result<bool> add_record(Home& home, const Contact& contact, std::int64_t epoch_id, const Record& record);
Result<std::vector<Record>> records_of(Home& home, const Contact& contact);
Result<std::int64_t> count_records(Home& home, const Contact& contact);

}  // namespace glucoledger::home
