#include "mam/one_time_signature.h"

#include <algorithm>
#include <numeric>

namespace glucoledger::mam {
namespace {

using crypto::Curl;
using crypto::CurlRounds;
using crypto::Hash;
using crypto::kHashTrits;
using crypto::Trit;
using crypto::TritView;

constexpr int kTryteMax = 13;
constexpr int kChainLength = 2 * kTryteMax;
constexpr std::size_t kStackBytes = 8192;  // more than a transform leaves behind

void hash_repeatedly(Curl& curl, std::span<Trit> segment, int times) {
  for (int i = 0; i < times; ++i) {
    curl.reset();
    curl.absorb(segment);
    std::copy_n(curl.rate().begin(), kHashTrits, segment.begin());
  }
}

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

Hash leaf_of_digest(Curl& ends) {
  std::array<Trit, kHashTrits> digest;
  std::copy_n(ends.rate().begin(), kHashTrits, digest.begin());
  return crypto::curl_hash(CurlRounds::kP27, digest);
}

}  // namespace

OneTimeKey::OneTimeKey(TritView seed, std::uint64_t index, int security) : security_(security) {
  GL_ASSERT(seed.size() == kHashTrits && security >= 1 && security <= static_cast<int>(kSecurityMax));
  WipedTrits<kHashTrits> subseed;
  std::copy(seed.begin(), seed.end(), subseed.begin());
  add_index(subseed, index);
  Curl curl(CurlRounds::kP27);
  hash_repeatedly(curl, subseed, 1);
  curl.reset();
  curl.absorb(subseed);
  const auto key = std::span<Trit>(key_).first(size_trits());
  curl.squeeze(key);
  for (std::size_t at = 0; at < key.size(); at += kHashTrits) hash_repeatedly(curl, key.subspan(at, kHashTrits), 1);
  curl.wipe();
  sodium_stackzero(kStackBytes);
}

Hash OneTimeKey::leaf() const {
  Curl chain(CurlRounds::kP27);
  Curl ends(CurlRounds::kP27);
  WipedTrits<kHashTrits> link;
  for (std::size_t j = 0; j < size_trits() / kHashTrits; ++j) {
    std::copy_n(segment(j).begin(), kHashTrits, link.begin());
    hash_repeatedly(chain, link, kChainLength);
    ends.absorb(link);
  }
  chain.wipe();
  sodium_stackzero(kStackBytes);
  return leaf_of_digest(ends);
}

void OneTimeKey::sign(TritView digest, std::span<Trit> signature) const {
  GL_ASSERT(security_of(digest) == security_ && signature.size() == size_trits());
  Curl chain(CurlRounds::kP27);
  for (std::size_t j = 0; j < size_trits() / kHashTrits; ++j) {
    const auto link = signature.subspan(j * kHashTrits, kHashTrits);
    std::copy_n(segment(j).begin(), kHashTrits, link.begin());
    hash_repeatedly(chain, link, kTryteMax - tryte_value(digest, j));
  }
  chain.wipe();
  sodium_stackzero(kStackBytes);
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

Hash leaf_of_signature(TritView digest, std::span<Trit> signature) {
  GL_ASSERT(signature.size() % kHashTrits == 0 && signature.size() / kHashTrits * 3 <= digest.size());
  Curl chain(CurlRounds::kP27);
  Curl ends(CurlRounds::kP27);
  for (std::size_t j = 0; j < signature.size() / kHashTrits; ++j) {
    const auto link = signature.subspan(j * kHashTrits, kHashTrits);
    hash_repeatedly(chain, link, kTryteMax + tryte_value(digest, j));
    ends.absorb(link);
  }
  return leaf_of_digest(ends);
}

}  // namespace glucoledger::mam
