// The 729 trits of one Curl-P state as bits of machine words: packed, turned and put back. Included by the kernel files
// only; see lane_walk.h.
//
// Layout: trit i is bit i % 64 of word i / 64, in two planes: -1 is low alone, 1 is high alone, 0 is both. The 39 bits
// behind the last trit may be anything. Source of the planes: IRI's search for nonces (PearlDiver), where the bits of a
// word are 64 nonces; here they are 64 trits of one state.
#pragma once

#include <cstdint>
#include <cstring>

#include "crypto/simd/strides.h"
#include "crypto/simd/trit_bits.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kStateWords = 12;  // 729 bits
constexpr unsigned kTailBits = kTrits % 64;
constexpr std::uint64_t kTailMask = (std::uint64_t{1} << kTailBits) - 1;

struct Bits {
  std::uint64_t words[kStateWords];
};

// The bits i with i mod kModulus = remainder.
template <unsigned kModulus>
struct Residues {
  Bits of[kModulus];
};
template <unsigned kModulus>
constexpr Residues<kModulus> make_residues() {
  Residues<kModulus> residues{};
  for (unsigned i = 0; i < kTrits; ++i) residues.of[i % kModulus].words[i / 64] |= std::uint64_t{1} << (i % 64);
  return residues;
}

void pack(const std::int8_t* trits, Bits& low, Bits& high) {
  for (unsigned w = 0; w < kStateWords; ++w) {
    std::uint64_t negative = 0;
    std::uint64_t positive = 0;
    for (unsigned k = 0; k < 8; ++k) {
      std::uint64_t bytes;
      std::memcpy(&bytes, trits + 64 * w + 8 * k, 8);
      negative |= gather_low_bits(bytes >> 7) << (8 * k);
      positive |= gather_low_bits(bytes & ~(bytes >> 7)) << (8 * k);
    }
    low.words[w] = ~positive;
    high.words[w] = ~negative;
  }
}

void unpack(const Bits& low, const Bits& high, std::int8_t* trits) {
  for (unsigned w = 0; w < kStateWords; ++w) {
    const std::uint64_t mask = w + 1 < kStateWords ? ~std::uint64_t{0} : kTailMask;
    const std::uint64_t negative = ~high.words[w] & mask;
    const std::uint64_t positive = ~low.words[w] & mask;
    for (unsigned k = 0; k < 8; ++k) {
      const std::uint64_t bytes =
          spread_to_bytes(positive >> (8 * k) & 0xff) | spread_to_bytes(negative >> (8 * k) & 0xff) * 0xff;
      std::memcpy(trits + 64 * w + 8 * k, &bytes, 8);
    }
  }
}

// out[j] = in[(j + offset) % 729].
[[gnu::always_inline]] inline void rotate(const Bits& in, unsigned offset, Bits& out) {
  std::uint64_t twice[2 * kStateWords];  // the 729 bits, and again behind them
  for (unsigned w = 0; w + 1 < kStateWords; ++w) twice[w] = in.words[w];
  twice[kStateWords - 1] = (in.words[kStateWords - 1] & kTailMask) | in.words[0] << kTailBits;
  for (unsigned w = 1; w < kStateWords; ++w) {
    twice[kStateWords - 1 + w] = in.words[w - 1] >> (64 - kTailBits) | in.words[w] << kTailBits;
  }
  twice[2 * kStateWords - 1] = in.words[kStateWords - 1] >> (64 - kTailBits);
  const std::uint64_t* from = twice + offset / 64;
  const unsigned shift = offset % 64;
  for (unsigned w = 0; w < kStateWords; ++w) out.words[w] = from[w] >> shift | from[w + 1] << 1 << (63 - shift);
}

template <unsigned kModulus>
void put_back(Bits& bits) {
  static constexpr auto kResidues = make_residues<kModulus>();
  Bits sum;
  for (unsigned w = 0; w < kStateWords; ++w) sum.words[w] = bits.words[w] & kResidues.of[0].words[w];
  for (unsigned m = 1; m < kModulus; ++m) {
    Bits turned;
    rotate(bits, m * (kTrits / kModulus), turned);
    for (unsigned w = 0; w < kStateWords; ++w) sum.words[w] |= turned.words[w] & kResidues.of[m].words[w];
  }
  bits = sum;
}
}  // namespace
}  // namespace glucoledger::crypto::simd
