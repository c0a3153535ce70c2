#include "mam/one_time_signature.h"

#include <algorithm>
#include <numeric>

namespace glucoledger::mam {
namespace {

using crypto::Curl;
using crypto::CurlRounds;
using crypto::Hash;
using crypto::kHashTrits;
using crypto::Link;
using crypto::Trit;
using crypto::TritView;

constexpr int kTryteMax = 13;
constexpr std::size_t kChainLength = 2 * kTryteMax;
constexpr std::size_t kStackBytes = 1 << 16;  // more than deriving keys leaves behind

int tryte_value(TritView digest, std::size_t index) {
  return digest[3 * index] + 3 * digest[3 * index + 1] + 9 * digest[3 * index + 2];
}

// seed + index, modulo 3^243, in the same steps whatever the trits are.
void add_index(std::span<Trit> seed, std::uint64_t index) {
  int carry = 0;
  for (Trit& trit : seed) {
    const int sum = trit + static_cast<int>(index % 3) + carry;  // -1..4
    carry = (sum + 1) / 3;
    trit = static_cast<Trit>(sum - 3 * carry);
    index /= 3;
  }
}

// The key's segments, not yet hashed: Curl-P-27 of seed + index, squeezed.
void squeeze_segments(TritView seed, std::uint64_t index, std::span<Link> segments) {
  WipedTrits<kHashTrits> subseed;
  std::copy(seed.begin(), seed.end(), subseed.begin());
  add_index(subseed, index);
  Curl curl(CurlRounds::kP27);
  curl.absorb(subseed);
  std::copy_n(curl.rate().begin(), kHashTrits, subseed.begin());
  curl.reset();
  curl.absorb(subseed);
  for (Link& segment : segments) {
    segment = crypto::pack_link(curl.rate());
    curl.transform();
  }
  curl.wipe();
}

// Of keys whose chains' ends stand one behind the other: their leaves, a few at a time.
void hash_ends(std::span<const Link> ends, std::span<Hash> leaves) {
  if (leaves.empty()) return;
  constexpr std::size_t kAtOnce = 4;
  const std::size_t segments = ends.size() / leaves.size();
  crypto::Trits trits(std::min(kAtOnce, leaves.size()) * segments * kHashTrits);
  while (!leaves.empty()) {
    const auto now = leaves.first(std::min(kAtOnce, leaves.size()));
    const auto used = std::span(trits).first(now.size() * segments * kHashTrits);
    for (std::size_t i = 0; i < now.size() * segments; ++i) {
      crypto::unpack_link(ends[i], used.subspan(i * kHashTrits, kHashTrits));
    }
    crypto::curl_hash_many(CurlRounds::kP27, used, now);
    for (Hash& leaf : now) leaf = crypto::curl_hash(CurlRounds::kP27, leaf.trits());
    ends = ends.subspan(now.size() * segments);
    leaves = leaves.subspan(now.size());
  }
}

}  // namespace

OneTimeKey::OneTimeKey(int security)
    : security_(security), chains_(static_cast<std::size_t>(security) * kSegmentsPerLevel * (kChainLength + 1)) {}

std::vector<OneTimeKey> OneTimeKey::derive(TritView seed, std::uint64_t index, std::size_t count, int security) {
  auto keys = derive_leaving_traces(seed, index, count, security);
  sodium_stackzero(kStackBytes);
  return keys;
}

[[gnu::noinline]] std::vector<OneTimeKey> OneTimeKey::derive_leaving_traces(TritView seed, std::uint64_t index,
                                                                            std::size_t count, int security) {
  GL_ASSERT(seed.size() == kHashTrits && security >= 1 && security <= static_cast<int>(kSecurityMax));
  std::vector<OneTimeKey> keys;
  keys.reserve(count);
  const std::size_t segments = static_cast<std::size_t>(security) * kSegmentsPerLevel;
  crypto::SecretLinks links(count * segments);
  for (std::size_t k = 0; k < count; ++k) {
    keys.push_back(OneTimeKey(security));
    squeeze_segments(seed, index + k, links.all().subspan(k * segments, segments));
  }
  for (std::size_t step = 0; step <= kChainLength; ++step) {
    crypto::hash_links(links.all());
    for (std::size_t k = 0; k < count; ++k) {
      std::copy_n(links.all().begin() + static_cast<std::ptrdiff_t>(k * segments), segments,
                  keys[k].links_after(step).begin());
    }
  }
  std::vector<Hash> leaves(count);
  hash_ends(links.all(), leaves);
  for (std::size_t k = 0; k < count; ++k) keys[k].leaf_ = leaves[k];
  return keys;
}

// The digest tells which links are shown: it is no secret to those who may read the message.
void OneTimeKey::sign(TritView digest, std::span<Trit> signature) const {
  GL_ASSERT(security_of(digest) == security_ && signature.size() == size_trits());
  for (std::size_t j = 0; j < segments(); ++j) {
    const auto steps = static_cast<std::size_t>(kTryteMax - tryte_value(digest, j));
    crypto::unpack_link(chains_.all()[steps * segments() + j], signature.subspan(j * kHashTrits, kHashTrits));
  }
}

int security_of(TritView digest) {
  GL_ASSERT(digest.size() == kHashTrits);
  constexpr std::size_t kTritsPerLevel = kHashTrits / kSecurityMax;
  int sum = 0;
  for (std::size_t level = 1; level <= kSecurityMax; ++level) {
    const TritView part = digest.subspan((level - 1) * kTritsPerLevel, kTritsPerLevel);
    sum = std::accumulate(part.begin(), part.end(), sum);
    if (sum == 0) return static_cast<int>(level);
  }
  return 0;
}

Hash leaf_of_signature(TritView digest, TritView signature) {
  constexpr std::size_t kSegmentsMax = kSecurityMax * kSegmentsPerLevel;
  const std::size_t count = signature.size() / kHashTrits;
  GL_ASSERT(digest.size() == kHashTrits && signature.size() % kHashTrits == 0 && count <= kSegmentsMax);
  const auto steps_left = [&](std::size_t j) { return kTryteMax + tryte_value(digest, j); };
  // The longest chains first, so that those that still go on stand together.
  std::array<std::size_t, kSegmentsMax> order;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
            [&](std::size_t a, std::size_t b) { return steps_left(a) > steps_left(b); });
  std::array<Link, kSegmentsMax> links;
  for (std::size_t k = 0; k < count; ++k) {
    links[k] = crypto::pack_link(signature.subspan(order[k] * kHashTrits, kHashTrits));
  }
  std::size_t going = count;
  for (int step = 1; going > 0; ++step) {
    while (going > 0 && steps_left(order[going - 1]) < step) --going;
    crypto::hash_links(std::span(links).first(going));
  }
  std::array<Link, kSegmentsMax> ends;
  for (std::size_t k = 0; k < count; ++k) ends[order[k]] = links[k];
  Hash leaf;
  hash_ends(std::span(ends).first(count), std::span(&leaf, 1));
  return leaf;
}

}  // namespace glucoledger::mam
