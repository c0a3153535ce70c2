// Epochs and their messages: the patient's side of publishing.
//
// An epoch is one MAM channel with keys of its own, from fresh entropy. In design A it holds the readings of one local
// day, one a message; in design B one file, whose CID is its only message. A message waits without an index until it is
// signed; what was signed never changes again (message.state in schema.cpp). Functions that write expect to be called
// inside a transaction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/home.h"
#include "keys/epoch_release.h"
#include "ledger/bundle.h"
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

Result<Epoch> create_epoch(Home& home, keys::Design design, std::string_view first_day, std::string_view last_day);
Result<Epoch> epoch_by_id(Home& home, std::int64_t id);
Result<std::vector<Epoch>> all_epochs(Home& home, keys::Design design);
// The open epoch of design A that takes this day's readings, if there is one.
Result<std::optional<Epoch>> signing_epoch(Home& home, std::string_view day);
Result<std::vector<Epoch>> epochs_with_waiting_messages(Home& home);
// Open, with nothing that waits, is signed or has only left, and used or never to sign again: ready to end.
Result<std::vector<Epoch>> epochs_at_rest(Home& home);
Result<mam::Channel> channel_of(Home& home, const Epoch& epoch);
Result<keys::EpochRelease> release_of(Home& home, const Epoch& epoch);
// `messages`: how many it holds for ever; nothing when that cannot be known.
Result<void> end_epoch(Home& home, std::int64_t id, std::optional<std::uint64_t> messages);
// An open epoch that never signs again, for reasons that lie outside this home.
Result<void> stop_signing(Home& home, std::int64_t id);

struct Message {
  std::int64_t id = 0;
  std::int64_t epoch_id = 0;
  std::string cid;  // design B, once the file is in the content store
};
Result<void> add_message(Home& home, const Epoch& epoch, std::span<const std::int64_t> reading_ids);
Result<std::vector<Message>> waiting_messages(Home& home, std::int64_t epoch_id, std::size_t count_max);
Result<void> set_cid(Home& home, std::int64_t message_id, std::string_view cid);

struct SignedMessage {
  std::int64_t id = 0;
  std::uint64_t index = 0;
  crypto::Hash address;
  crypto::Hash bundle_hash;
  ledger::PreparedBundle bundle;
};
// Burns the index: call it inside Home::signing_transaction.
Result<void> store_signed(Home& home, const Epoch& epoch, const SignedMessage& message);

// How many messages of an epoch, from its first on, are known to have left without a gap. Nobody can read beyond a gap.
Result<std::uint64_t> count_left(Home& home, std::int64_t epoch_id);
Result<void> move_waiting_messages(Home& home, std::int64_t from_epoch_id, const Epoch& to);
// Signed messages from this index on are burnt, and wait anew in the other epoch.
Result<void> remake_messages_from(Home& home, std::int64_t from_epoch_id, std::uint64_t index, const Epoch& to);
Result<bool> has_unsent_messages(Home& home, std::int64_t epoch_id);  // waiting or signed

// A bundle as it is kept between signing and confirmation.
Bytes pack_bundle(const ledger::PreparedBundle& bundle);
Result<ledger::PreparedBundle> unpack_bundle(ByteView packed);

}  // namespace glucoledger::home
