#include "crypto/curl.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/simd/kernel.h"

namespace glucoledger::crypto {

static_assert(Curl::kStateTrits == simd::kStateTrits);

Curl::Curl(CurlRounds rounds) : rounds_(rounds) {
  static_assert(kPaddedTrits == simd::kPaddedStateTrits);
}

void Curl::reset() {
  state_.fill(0);
}

void Curl::wipe() {
  sodium_memzero(state_.data(), state_.size());
}

void Curl::transform() {
  simd::kernel().transform(state_.data(), static_cast<int>(rounds_));
}

void Curl::absorb(TritView trits) {
  while (!trits.empty()) {
    const TritView chunk = trits.first(std::min(trits.size(), kHashTrits));
    std::copy(chunk.begin(), chunk.end(), state_.begin());
    transform();
    trits = trits.subspan(chunk.size());
  }
}

void Curl::squeeze(std::span<Trit> out) {
  GL_ASSERT(out.size() % kHashTrits == 0);
  for (; !out.empty(); out = out.subspan(kHashTrits)) {
    std::copy_n(state_.begin(), kHashTrits, out.begin());
    transform();
  }
}

Hash curl_hash(CurlRounds rounds, TritView input) {
  Hash hash;
  curl_hash_many(rounds, input, std::span(&hash, 1));
  return hash;
}

void curl_hash_many(CurlRounds rounds, TritView inputs, std::span<Hash> hashes) {
  if (hashes.empty()) return;
  GL_ASSERT(inputs.size() % hashes.size() == 0);
  const std::size_t length_trits = inputs.size() / hashes.size();
  constexpr std::size_t kAtOnce = 16;
  std::array<Trit, kAtOnce * kHashTrits> trits;
  while (!hashes.empty()) {
    const std::size_t count = std::min(kAtOnce, hashes.size());
    simd::kernel().hash(inputs.data(), length_trits, count, static_cast<int>(rounds), trits.data());
    for (std::size_t k = 0; k < count; ++k) {
      hashes[k] = Hash::from_trits(TritView(trits).subspan(k * kHashTrits, kHashTrits));
    }
    inputs = inputs.subspan(count * length_trits);
    hashes = hashes.subspan(count);
  }
}

}  // namespace glucoledger::crypto
