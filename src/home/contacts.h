// The physician's side: patients who let this home in, the grants that were received of them, and the epochs that these
// released. A contact is a person under this home's own name for them; a patient may give several grants.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/threads.h"
#include "keys/epoch_release.h"
#include "keys/uri.h"

namespace glucoledger::home {

struct Contact {
  std::int64_t id = 0;
  std::string name;
};

struct ReceivedGrant {
  std::int64_t id = 0;
  std::int64_t contact_id = 0;
  std::int64_t thread_id = 0;
  std::string network_id;
  std::vector<keys::Place> places;
  keys::PublicKey patient_key{};
  std::vector<keys::Design> designs;  // of its invitations, in the order in which they came
  std::optional<std::int64_t> closed_ms;
  std::optional<std::int64_t> fetched_ms;
};

// kUsage: the name is taken by someone else; an invitation that was received before gives its contact again, and so
// does a further one of its thread, of another design or window, whose places and design are added. One for a known
// thread with another key of the patient's: kNotAllowed, and nothing is changed.
Result<Contact> add_received_grant(Transaction& transaction, const keys::Invitation& invitation, std::string_view name);
Result<std::optional<Contact>> contact_named(Home& home, std::string_view name);
Result<std::vector<Contact>> all_contacts(Home& home);
Result<std::vector<ReceivedGrant>> grants_of(Home& home, const Contact& contact);  // oldest first
Result<void> set_fetched(Transaction& transaction, const ReceivedGrant& grant, std::int64_t now_ms);

// Takes in what the note of this number says, and that it was read.
Result<void> apply_note(Transaction& transaction, const ReceivedGrant& grant, std::uint64_t number,
                        const keys::Note& note);

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
Result<std::vector<ReleasedEpoch>> epochs_to_read(Home& home, const ReceivedGrant& grant);
Result<void> add_released_epoch(Transaction& transaction, std::int64_t grant_id, const keys::EpochRelease& release);
// One message further, or as far as another process has read meanwhile: `epoch` as it stands then.
Result<void> advance(Transaction& transaction, ReleasedEpoch& epoch, const crypto::Hash& next_root);

}  // namespace glucoledger::home
