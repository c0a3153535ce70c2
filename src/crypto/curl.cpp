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
  Curl curl(rounds);
  curl.absorb(input);
  return Hash::from_trits(curl.rate());
}

void curl_hash_many(CurlRounds rounds, TritView inputs, std::span<Hash> hashes) {
  if (hashes.empty()) return;
  GL_ASSERT(inputs.size() % hashes.size() == 0);
  const std::size_t length_trits = inputs.size() / hashes.size();
  for (Hash& hash : hashes) {
    hash = curl_hash(rounds, inputs.first(length_trits));
    inputs = inputs.subspan(length_trits);
  }
}

}  // namespace glucoledger::crypto
