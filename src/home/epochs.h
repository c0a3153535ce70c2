// Epochs: the MAM channels in which a patient publishes, each with keys of its own, from fresh entropy.
//
// In design A an epoch holds the readings of one local day, one a message; in design B one file, whose CID is its only
// message. An epoch is open, then ended. One that may not sign any more stays open until what it holds is settled.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/home.h"
#include "keys/epoch_release.h"
#include "mam/mam.h"

namespace glucoledger::home {

inline constexpr int kSecurity = 2;  // of the one-time signatures

struct Epoch {
  std::int64_t id = 0;
  keys::Design design = keys::Design::kTangle;
  std::string first_day;
  std::string last_day;
  crypto::Hash root;
  std::uint64_t next_index = 0;
  bool open = true;
  bool may_sign = true;
  std::optional<std::uint64_t> messages;  // told to readers when it ended
};

Result<Epoch> create_epoch(Transaction& transaction, keys::Design design, std::string_view first_day,
                           std::string_view last_day);
Result<Epoch> epoch_by_id(Home& home, std::int64_t id);
Result<std::vector<Epoch>> all_epochs(Home& home, keys::Design design);
// The open epoch of design A that takes this day's readings, if there is one.
Result<std::optional<Epoch>> signing_epoch(Home& home, std::string_view day);
Result<std::vector<Epoch>> epochs_with_waiting_messages(Home& home);
// Open, with nothing that waits or is under way, and used or never to sign again: ready to end.
Result<std::vector<Epoch>> epochs_at_rest(Home& home);
Result<mam::Channel> channel_of(Home& home, const Epoch& epoch);
Result<keys::EpochRelease> release_of(Home& home, const Epoch& epoch);
// `messages`: how many it holds for ever; nothing when that cannot be known. False: it is no longer open.
Result<bool> end_epoch(Transaction& transaction, std::int64_t id, std::optional<std::uint64_t> messages);
// As above, unless it is not at rest any more (epochs_at_rest), its next index is another one, or it may not sign any
// more and a number is told: false, unchanged.
Result<bool> end_epoch_at_rest(Transaction& transaction, const Epoch& epoch, std::optional<std::uint64_t> messages);
// An open epoch that never signs again, for reasons that lie outside this home.
Result<void> stop_signing(Transaction& transaction, std::int64_t id);
// Every open one that may; how many there were.
Result<std::size_t> stop_signing_in_all(Transaction& transaction);

}  // namespace glucoledger::home
