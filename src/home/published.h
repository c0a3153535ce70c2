// What this home published and a ledger confirmed: named, so that it can be looked for, and made and sent again where a
// ledger lost it, because it was put back to an older state.
//
//   closed -> leaving        (and from there on as in messages.h and threads.h)
//
// What leaves once more was readable before, so a revocation does not hold it back. Its place in the order of what was
// confirmed is given up for a new one.
//
// Of a note only its content is kept; it is sealed anew. Of a message its signed bytes are not kept, but what they are
// made of, and a digest by which they are known to be the same ones: the one-time key signs nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "home/home.h"
#include "ledger/bundle.h"

namespace glucoledger::home {

// Of the payload in a bundle: 32 bytes.
Bytes payload_digest(const ledger::PreparedBundle& bundle);
Bytes payload_digest(std::string_view payload_trytes);

struct PublishedMessage {
  std::int64_t id = 0;
  std::int64_t epoch_id = 0;
  std::uint64_t index = 0;
  std::string cid;  // design B
  crypto::Hash address;
  crypto::Hash bundle_hash;
  Bytes payload_digest;       // empty: an older version published it
  std::int64_t signed_s = 0;  // the timestamp in its bundle
  std::int64_t closed_order = 0;
};
// The one that was confirmed last first; those before `before`.
Result<std::vector<PublishedMessage>> published_messages(Home& home, const std::optional<PublishedMessage>& before,
                                                         std::size_t count_max);
// Those that were confirmed after the one of this order, the first one first.
Result<std::vector<PublishedMessage>> messages_published_since(Home& home, std::int64_t closed_order,
                                                               std::size_t count_max);
// Whether it is closed yet, and was not sent again meanwhile: another process may have done something about it.
Result<bool> is_published(Home& home, const PublishedMessage& message);
// False, and nothing is changed: likewise, or its epoch's readers do not wait for it.
Result<bool> send_message_again(Transaction& transaction, const PublishedMessage& message,
                                const ledger::PreparedBundle& bundle);

struct PublishedNote {
  std::int64_t id = 0;
  std::int64_t thread_id = 0;
  std::uint64_t number = 0;
  crypto::Hash address;
  std::int64_t closed_order = 0;
};
Result<std::vector<PublishedNote>> published_notes(Home& home, const std::optional<PublishedNote>& before,
                                                   std::size_t count_max);
Result<std::vector<PublishedNote>> notes_published_since(Home& home, std::int64_t closed_order, std::size_t count_max);
// Sealed anew under its own number. False: it is not closed any more, or was sent again meanwhile.
Result<bool> send_note_again(Transaction& transaction, const PublishedNote& note, const crypto::Hash& bundle_hash,
                             const ledger::PreparedBundle& bundle);

}  // namespace glucoledger::home
