// Many Curl-P-27 hashes of 243 trits at once: the links of one-time keys' hash chains (mam/one_time_signature.h).
//
// A link is a hash's 243 trits in two planes of bits, low ("is not 1") and high ("is not -1"); the bits behind trit 242
// are 1, as for zero trits. Without look-ups or branches on the trits. With AVX-512 a hash takes about 0.04 us when
// there are three or more; the other kernels hash 128 or 256 in some 10 us.
#pragma once

#include <sodium.h>

#include <span>
#include <vector>

#include "crypto/trytes.h"

namespace glucoledger::crypto {

struct alignas(64) Link {
  std::uint64_t low[4];
  std::uint64_t high[4];
  friend bool operator==(const Link&, const Link&) = default;
};

Link pack_link(TritView trits);                             // 243
void unpack_link(const Link& link, std::span<Trit> trits);  // 243

// Each link becomes Curl-P-27 of it.
void hash_links(std::span<Link> links);

// Links that are keys: move-only, wiped.
class SecretLinks {
 public:
  explicit SecretLinks(std::size_t count) : links_(count) {}
  SecretLinks(SecretLinks&& other) noexcept : links_(std::move(other.links_)) {}
  SecretLinks(const SecretLinks&) = delete;
  SecretLinks& operator=(const SecretLinks&) = delete;
  SecretLinks& operator=(SecretLinks&&) = delete;
  ~SecretLinks() { sodium_memzero(links_.data(), links_.size() * sizeof(Link)); }
  std::span<Link> all() { return links_; }
  std::span<const Link> all() const { return links_; }

 private:
  std::vector<Link> links_;
};

}  // namespace glucoledger::crypto
