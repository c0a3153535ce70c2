// Curl-P, the ternary sponge of the IOTA Tangle: 729 trits of state, 243 of rate.
//
// 27 rounds in MAM, 81 for transaction hashes and for restricted and private addresses. Curl-P-27 is not collision
// resistant: it is here because the format is (docs/threat-model.md). Without lookups or branches on the trits, so time
// tells nothing about a secret that is hashed. A transform of 27 rounds takes about a microsecond, with AVX-512 an
// eighth of it; many independent ones together far less (simd/kernel.h). Source: @iota/curl. Vectors: tests/vectors.
#pragma once

#include "crypto/trytes.h"

namespace glucoledger::crypto {

enum class CurlRounds : int { kP27 = 27, kP81 = 81 };

class Curl {
 public:
  static constexpr std::size_t kStateTrits = 729;
  explicit Curl(CurlRounds rounds);
  void reset();
  // Any length; a last chunk shorter than 243 trits overwrites only its own length of the rate.
  void absorb(TritView trits);
  void squeeze(std::span<Trit> out);  // length a multiple of 243 (asserted)
  void transform();
  std::span<Trit, kStateTrits> state() { return std::span(state_).first<kStateTrits>(); }
  std::span<Trit> rate() { return std::span<Trit>(state_).first(kHashTrits); }
  void wipe();

 private:
  static constexpr std::size_t kPaddedTrits = 768;  // whole words of 64; the trits above 729 stay 0
  alignas(64) std::array<Trit, kPaddedTrits> state_{};
  CurlRounds rounds_;
};

// One absorb, one squeeze.
Hash curl_hash(CurlRounds rounds, TritView input);

// The same of many independent inputs of one length, which stand one behind the other: hashes[k] is that of the k-th.
// Several go through the CPU at a time, so that each takes about half as long as alone with AVX-512.
void curl_hash_many(CurlRounds rounds, TritView inputs, std::span<Hash> hashes);

}  // namespace glucoledger::crypto
