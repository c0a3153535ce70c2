// A note: one message of a thread. It releases epochs, tells how many messages an ended epoch holds, or closes the
// grant.
//
// Sealed with XChaCha20-Poly1305 and signed with the sender's Ed25519 key, both bound to the note's address; padded to
// 1, 2, 4, 8 or 16 transactions; in b1t6 on the ledger. docs/formats/note.md fixes the bytes.
// Anyone may post junk at an address once it is known: open_note() tells junk (kCorrupt) from a note.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/trytes.h"
#include "keys/epoch_release.h"
#include "keys/signing_key.h"
#include "keys/thread.h"

namespace glucoledger::keys {

struct EndedEpoch {
  crypto::Hash root;
  std::uint64_t messages = 0;  // the epoch holds this many, and never more
};

struct Note {
  std::vector<EpochRelease> releases;
  std::vector<EndedEpoch> ended;
  std::optional<std::int64_t> closed_ms;  // set: the grant is closed; nothing follows
};

// Releases and ended epochs that surely fit one note.
inline constexpr std::size_t kReleasesPerNoteMax = 60;
inline constexpr std::size_t kEndedPerNoteMax = 60;

// The payload trytes of note `number`, a whole number of transactions.
std::string seal_note(const Note& note, const Thread& thread, Direction direction, std::uint64_t number,
                      const SigningKey& sender);
// kCorrupt: not a note of this thread, or of another sender; kNewerFormat: made by a newer version.
Result<Note> open_note(std::string_view payload_trytes, const Thread& thread, Direction direction, std::uint64_t number,
                       const PublicKey& sender);

// The note's body alone, for keeping it until it is sent.
Bytes encode_note(const Note& note);
Result<Note> decode_note(ByteView body);

}  // namespace glucoledger::keys
