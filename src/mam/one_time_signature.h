// MAM's one-time signature over Curl-P-27: a key of security x 27 segments of 243 trits, and hash chains of length 26.
//
// Lengths are in trits. Only the first 81 x security trits of a digest are signed, and they must sum to zero, which is
// all the checksum there is: weaker than Winternitz's (docs/threat-model.md). One key signs one digest, once, ever.
// Deriving a key and its leaf costs about 1,500 hashes at security 2. Source: @iota/mam.js iss-p27.
#pragma once

#include <sodium.h>

#include "crypto/curl.h"

namespace glucoledger::mam {

inline constexpr std::size_t kSegmentsPerLevel = 27;
inline constexpr std::size_t kSecurityMax = 3;
inline constexpr std::size_t kSignatureTritsPerLevel = kSegmentsPerLevel * crypto::kHashTrits;

// Trits that are wiped when they go, without a heap.
template <std::size_t kSize>
struct WipedTrits : std::array<crypto::Trit, kSize> {
  WipedTrits() { this->fill(0); }
  WipedTrits(const WipedTrits&) = delete;
  WipedTrits& operator=(const WipedTrits&) = delete;
  ~WipedTrits() { sodium_memzero(this->data(), kSize); }
};

class OneTimeKey {
 public:
  // The key number `index` of a channel: derived from seed + index.
  OneTimeKey(crypto::TritView seed, std::uint64_t index, int security);
  OneTimeKey(const OneTimeKey&) = delete;
  OneTimeKey& operator=(const OneTimeKey&) = delete;

  // What the key's signatures lead to: the root of a channel with one leaf a root.
  crypto::Hash leaf() const;
  // `signature` has size_trits(); security_of(digest) must be the key's (asserted).
  void sign(crypto::TritView digest, std::span<crypto::Trit> signature) const;
  std::size_t size_trits() const { return static_cast<std::size_t>(security_) * kSignatureTritsPerLevel; }

 private:
  crypto::TritView segment(std::size_t index) const {
    return crypto::TritView(key_).subspan(index * crypto::kHashTrits, crypto::kHashTrits);
  }
  int security_;
  WipedTrits<kSecurityMax * kSignatureTritsPerLevel> key_;
};

// The lowest level, 1 to 3, at which the digest's first 81 x level trits sum to zero; 0 when none does.
int security_of(crypto::TritView digest);

// The leaf that a signature of this digest leads to; `signature` is overwritten.
crypto::Hash leaf_of_signature(crypto::TritView digest, std::span<crypto::Trit> signature);

}  // namespace glucoledger::mam
