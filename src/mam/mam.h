// Masked Authenticated Messaging, version 0, as @iota/mam 0.7.3 and @iota/mam.js 1.6.3 speak it. Written with one leaf
// a root (count 1): message i of a channel is signed by the one-time key i, stands at the address of root i, and holds
// root i+1 under its mask. Read also with a root over 2, 4, 8... leaves: so many messages stand at its address, and
// each holds the root of the next tree. (Of trees in between the clients cannot read all messages either.)
//
// Whoever signs must have written down (channel, index, payload) before the payload leaves: create() consumes nothing
// by itself (home/messages.h keeps them). Payloads are trytes without padding to whole transactions.
// Cost: about 1,500 Curl-P-27 hashes a key at security 2; create() needs two keys, a cursor one more for each message.
// Weaknesses of the format: docs/threat-model.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/trytes.h"

namespace glucoledger::mam {

using crypto::Hash;

enum class Mode { kPublic, kPrivate, kRestricted };
std::string_view name_of(Mode mode);  // "public", "private", "restricted"
std::optional<Mode> mode_named(std::string_view name);

// 81 trytes of secret text. Move-only, wiped.
class SecretTrytes {
 public:
  // 1 to 81 trytes, padded with '9' to 81 (as both clients pad side keys); anything else is kInputRefused.
  static Result<SecretTrytes> from_trytes(std::string_view trytes);
  // The same, of the content of a file: a line end at its end does not count.
  static Result<SecretTrytes> from_text(std::string_view text, std::size_t length_min = 1);
  static SecretTrytes random();  // 81 uniform trytes from the system's entropy
  static SecretTrytes nines();   // the all-9 side key of public and private mode
  std::string_view trytes() const { return bytes_.text(); }
  SecretTrytes clone() const;

 private:
  explicit SecretTrytes(SecretBytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes bytes_;
};

struct Channel {
  SecretTrytes seed;
  SecretTrytes side_key;  // all 9 in public and private mode
  Mode mode = Mode::kRestricted;
  int security = 2;  // 1, 2 or 3
};

Hash root_at(const Channel& channel, std::uint64_t index);
// Public: the root itself; private and restricted: Curl-P-81 of it.
Hash address_of(const Hash& root, Mode mode);

struct Created {
  std::string payload;  // trytes
  Hash root;
  Hash address;
  Hash next_root;
};
// `message_trytes`: the message as trytes (crypto::trytes_from_ascii). kUsage for a wrong security or a message above
// limits::kMamMessageTrytesMax.
Result<Created> create(const Channel& channel, std::uint64_t index, std::string_view message_trytes);

// Creates the messages of a channel one after the other. Keys and roots go on from one message to the next, so nothing
// is hashed twice; they are wiped with the cursor. Under 1 MiB.
class ChannelCursor {
 public:
  ChannelCursor(const Channel& channel, std::uint64_t index);
  ChannelCursor(ChannelCursor&&) noexcept;
  ChannelCursor& operator=(ChannelCursor&&) noexcept;
  ~ChannelCursor();

  std::uint64_t index() const;  // of the message to come
  Hash root();
  // So many messages are to come: their keys are made several at a time, which is cheaper.
  void expect(std::size_t messages);
  // As create() at index(), and goes on to the next when that succeeds.
  Result<Created> create(std::string_view message_trytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Opened {
  std::string message_trytes;
  Hash next_root;
  int security = 0;
  std::uint32_t index = 0;   // among the messages of this root
  bool shares_root = false;  // others may stand under this root, at the same address
};
// Unmasks, checks nonce and signature against `root`. `payload` may carry the padding of its last transaction.
// kCorrupt for whatever is wrong: wrong key, flipped trit, truncated.
Result<Opened> open(std::string_view payload_trytes, const Hash& root, Mode mode, const SecretTrytes& side_key);

}  // namespace glucoledger::mam
