// An epoch's messages, from the plan to the ledger.
//
//   waiting -> signed -> leaving -> left -> closed        (burnt: given up; its index is spent)
//
// A message waits without an index until it is signed. What was signed never changes again. Before it is handed to a
// ledger it is recorded as leaving, if its epoch may still be used; who takes access back burns what has not left.
// A state changes only from the one that its function names: what another process changed first stays as it is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/epochs.h"
#include "ledger/bundle.h"

namespace glucoledger::home {

struct Message {
  std::int64_t id = 0;
  std::int64_t epoch_id = 0;
  std::string cid;  // design B, once the file is in the content store
};
Result<std::int64_t> add_message(Transaction& transaction, const Epoch& epoch,
                                 std::span<const std::int64_t> reading_ids);
Result<std::vector<Message>> waiting_messages(Home& home, std::int64_t epoch_id, std::size_t count_max);

struct SignedMessage {
  std::int64_t id = 0;
  std::uint64_t index = 0;
  crypto::Hash address;
  crypto::Hash bundle_hash;
  ledger::PreparedBundle bundle;
  std::int64_t signed_s = 0;  // the timestamp in the bundle
};
// Waiting messages of one epoch, signed by its next indexes in order, which are spent by this. False, and nothing is
// changed: the epoch ended, may not sign, stands at another index, or one of the messages does not wait there any more.
// Call it inside Home::write_signed.
Result<bool> store_signed(Transaction& transaction, const Epoch& epoch, std::span<const SignedMessage> messages);

// Messages that a ledger had confirmed and lost, and that leave once more (published.h), count as confirmed below.
//
// How many messages of an epoch, from its first on, are confirmed without a gap. Nobody can read beyond a gap.
Result<std::uint64_t> count_confirmed(Home& home, std::int64_t epoch_id);
// Up to `count_max` of them, the oldest first; how many. A file that was sealed for the old epoch is no use in the new
// one: it becomes an orphan (stored_files.h).
Result<std::size_t> move_waiting_messages(Transaction& transaction, std::int64_t from_epoch_id, const Epoch& to,
                                          std::size_t count_max);
// Messages from this index on are burnt, and wait anew in the other epoch. The files of those that are not known to
// have left become orphans, unless another copy of this home may have sent them.
enum class Files { kOrphans, kStay };
Result<void> remake_messages_from(Transaction& transaction, std::int64_t from_epoch_id, std::uint64_t index,
                                  const Epoch& to, Files files = Files::kOrphans);
// Recorded as leaving, or accepted and not confirmed: what a ledger made of them is not known.
Result<std::uint64_t> count_under_way(Home& home, std::int64_t epoch_id);
// Signed, leaving or accepted.
Result<bool> has_signed_messages(Home& home, std::int64_t epoch_id);
// These, or waiting.
Result<bool> has_unconfirmed_messages(Home& home, std::int64_t epoch_id);

// A bundle as it is kept between signing and confirmation. Anything else: kCorrupt.
Bytes pack_bundle(const ledger::PreparedBundle& bundle);
Result<ledger::PreparedBundle> unpack_bundle(ByteView packed);

}  // namespace glucoledger::home
