#include "keys/note.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "ledger/transaction.h"

namespace glucoledger::keys {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kContext = "glucoledger/note/1";
constexpr std::size_t kTransactionsMax = 16;
using ledger::kFragmentTrytes;
constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kOverhead = 1 + kNonceSize + kTagSize + kLengthSize + sizeof(Signature);

// Bytes that a note of so many transactions carries: b1t6 takes two trytes a byte.
constexpr std::size_t capacity_of(std::size_t transactions) {
  return transactions * kFragmentTrytes / 2;
}

Bytes bound(const crypto::Hash& address, ByteView body) {
  Bytes message = base::to_bytes(kContext);
  const auto address_bytes = base::as_bytes(address.trytes());
  message.insert(message.end(), address_bytes.begin(), address_bytes.end());
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

Bytes padded_plaintext(const Bytes& body, const Signature& signature) {
  std::size_t transactions = 1;
  while (capacity_of(transactions) < body.size() + kOverhead) transactions *= 2;
  GL_ASSERT(transactions <= kTransactionsMax);
  Bytes plain;
  plain.reserve(capacity_of(transactions));
  for (int shift = 24; shift >= 0; shift -= 8) plain.push_back(static_cast<std::uint8_t>(body.size() >> shift));
  plain.insert(plain.end(), body.begin(), body.end());
  plain.insert(plain.end(), signature.begin(), signature.end());
  plain.resize(capacity_of(transactions) - 1 - kNonceSize - kTagSize);
  return plain;
}

}  // namespace

Bytes encode_note(const Note& note) {
  nlohmann::json body = nlohmann::json::object();
  for (const auto& release : note.releases) body["e"].push_back(encode_release(release));
  for (const auto& ended : note.ended) {
    body["n"].push_back({{"r", nlohmann::json::binary(crypto::pack_trits(ended.root.trits()))}, {"m", ended.messages}});
  }
  if (note.closed_ms) body["c"] = *note.closed_ms;
  return nlohmann::json::to_cbor(body);
}

Result<Note> decode_note(ByteView body) {
  GL_TRY(decoded, decode_cbor(body));
  Note note;
  if (const auto epochs = decoded.find("e"); epochs != decoded.end()) {
    if (!epochs->is_array()) return fail(ErrorCode::kCorrupt, "a note's epochs are no list");
    for (const auto& encoded : *epochs) {
      GL_TRY(release, decode_release(encoded));
      note.releases.push_back(std::move(release));
    }
  }
  if (const auto ended = decoded.find("n"); ended != decoded.end()) {
    if (!ended->is_array()) return fail(ErrorCode::kCorrupt, "a note's ended epochs are no list");
    for (const auto& encoded : *ended) {
      if (!encoded.is_object()) return fail(ErrorCode::kCorrupt, "an ended epoch is no map");
      GL_TRY(packed, binary_field(encoded, "r", crypto::kPackedHashSize));
      GL_TRY(trits, crypto::unpack_trits(packed, crypto::kHashTrits));
      const auto messages = encoded.find("m");
      if (messages == encoded.end() || !messages->is_number_unsigned()) {
        return fail(ErrorCode::kCorrupt, "an ended epoch does not tell its number of messages");
      }
      note.ended.push_back({crypto::Hash::from_trits(trits), messages->get<std::uint64_t>()});
    }
  }
  if (const auto closed = decoded.find("c"); closed != decoded.end()) {
    if (!closed->is_number_integer()) return fail(ErrorCode::kCorrupt, "a note's closing time is no number");
    note.closed_ms = closed->get<std::int64_t>();
  }
  return note;
}

std::string seal_note(const Note& note, const Thread& thread, Direction direction, std::uint64_t number,
                      const SigningKey& sender) {
  const auto address = thread.note_address(direction, number);
  const Bytes body = encode_note(note);
  Bytes plain = padded_plaintext(body, sender.sign(bound(address, body)));
  const auto key = thread.note_key(direction);
  const auto associated = bound(address, {});

  Bytes sealed{kVersion};
  const Bytes nonce = base::random_bytes(kNonceSize);
  sealed.insert(sealed.end(), nonce.begin(), nonce.end());
  sealed.resize(sealed.size() + plain.size() + kTagSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + 1 + kNonceSize, nullptr, plain.data(), plain.size(),
                                             associated.data(), associated.size(), nullptr, nonce.data(), key.data());
  sodium_memzero(plain.data(), plain.size());
  std::string trytes = crypto::b1t6_encode(sealed);
  trytes.resize((trytes.size() + kFragmentTrytes - 1) / kFragmentTrytes * kFragmentTrytes, '9');
  return trytes;
}

Result<Note> open_note(std::string_view payload_trytes, const Thread& thread, Direction direction, std::uint64_t number,
                       const PublicKey& sender) {
  const auto junk = [] { return fail(ErrorCode::kCorrupt, "not a note of this thread"); };
  const std::size_t transactions = payload_trytes.size() / kFragmentTrytes;
  if (transactions == 0 || transactions > kTransactionsMax || payload_trytes.size() % kFragmentTrytes != 0)
    return junk();
  // Nothing else covers a last tryte that belongs to no byte.
  if (payload_trytes.find_first_not_of('9', capacity_of(transactions) * 2) != payload_trytes.npos) return junk();
  const auto sealed = crypto::b1t6_decode(payload_trytes.substr(0, capacity_of(transactions) * 2));
  if (!sealed || sealed->empty()) return junk();
  if (sealed->front() > kVersion) {
    return fail(ErrorCode::kNewerFormat,
                "a note of version " + std::to_string(sealed->front()) + "; this program reads version 1",
                "install a newer glucoledger");
  }
  if (sealed->front() != kVersion || sealed->size() < kOverhead) return junk();

  const auto address = thread.note_address(direction, number);
  const auto key = thread.note_key(direction);
  const auto associated = bound(address, {});
  Bytes plain(sealed->size() - 1 - kNonceSize - kTagSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed->data() + 1 + kNonceSize,
                                                 sealed->size() - 1 - kNonceSize, associated.data(), associated.size(),
                                                 sealed->data() + 1, key.data()) != 0) {
    return junk();
  }
  const SecretBytes wiped(std::move(plain));
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthSize; ++i) length = length << 8 | wiped.data()[i];
  if (length > wiped.size() - kLengthSize - sizeof(Signature)) return junk();
  const auto body = wiped.view().subspan(kLengthSize, length);
  Signature signature;
  std::copy_n(wiped.data() + kLengthSize + length, signature.size(), signature.begin());
  if (!verify(sender, bound(address, body), signature)) return junk();
  return decode_note(body);
}

}  // namespace glucoledger::keys
