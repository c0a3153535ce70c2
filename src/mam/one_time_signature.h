// MAM's one-time signature over Curl-P-27: a key of security x 27 segments of 243 trits, and hash chains of length 26.
//
// Lengths are in trits. Only the first 81 x security trits of a digest are signed, and they must sum to zero, which is
// all the checksum there is: weaker than Winternitz's (docs/threat-model.md). One key signs one digest, once, ever.
// Deriving a key takes about 1,500 hashes at security 2, most of them in many chains at once, and a key keeps all that
// it hashed (93 KB at security 2): its leaf and its signature cost no more hashes. Source: @iota/mam.js iss-p27.
#pragma once

#include <sodium.h>

#include "crypto/curl.h"
#include "crypto/links.h"

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
  // The keys number `index` and on of a channel, `count` of them, in one go: number i is derived from seed + i.
  static std::vector<OneTimeKey> derive(crypto::TritView seed, std::uint64_t index, std::size_t count, int security);

  // What the key's signatures lead to: the root of a channel with one leaf a root.
  const crypto::Hash& leaf() const { return leaf_; }
  // `signature` has size_trits(); security_of(digest) must be the key's (asserted).
  void sign(crypto::TritView digest, std::span<crypto::Trit> signature) const;
  std::size_t size_trits() const { return segments() * crypto::kHashTrits; }

 private:
  explicit OneTimeKey(int security);
  // On the stack, below the caller's frame.
  static std::vector<OneTimeKey> derive_leaving_traces(crypto::TritView seed, std::uint64_t index, std::size_t count,
                                                       int security);
  std::size_t segments() const { return static_cast<std::size_t>(security_) * kSegmentsPerLevel; }
  // Each chain's link after so many steps from its segment of the key, which is step 0.
  std::span<crypto::Link> links_after(std::size_t steps) {
    return chains_.all().subspan(steps * segments(), segments());
  }

  int security_;
  crypto::SecretLinks chains_;
  crypto::Hash leaf_;
};

// The lowest level, 1 to 3, at which the digest's first 81 x level trits sum to zero; 0 when none does.
int security_of(crypto::TritView digest);

// The leaf that a signature of this digest leads to.
crypto::Hash leaf_of_signature(crypto::TritView digest, crypto::TritView signature);

}  // namespace glucoledger::mam
