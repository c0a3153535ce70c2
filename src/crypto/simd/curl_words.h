// One Curl-P state, 64 of its trits in a machine word. Included by the kernel files only; see lane_walk.h.
//
// Read the state in another order after every round (curl_permutation.h) and a round is new[j] = T(old[j], old[j + s]):
// one rotation of 729 bits, and T on whole words. At the end trit i stands at position i * f mod 729, with f = 82 after
// 27 rounds and f = 244 after 81: at i + 81 (i mod 9) and at i + 243 (i mod 3), so that a few rotations under masks put
// everything back, without a look-up.
#pragma once

#include <cstring>

#include "crypto/links.h"
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

// All rounds, after which every trit stands in its place.
[[gnu::always_inline]] inline void transform_bits(Bits& low, Bits& high, int rounds) {
  for (int r = 1; r <= rounds; ++r) {
    Bits turned_low;
    Bits turned_high;
    rotate(low, kStrides.of_round[r], turned_low);
    rotate(high, kStrides.of_round[r], turned_high);
    for (unsigned w = 0; w < kStateWords; ++w) {
      const std::uint64_t a = low.words[w];
      low.words[w] = high.words[w] ^ (a & ~turned_low.words[w]);
      high.words[w] = a ^ (turned_high.words[w] & low.words[w]);
    }
  }
  if (rounds == 27) {
    put_back<9>(low);
    put_back<9>(high);
  } else {
    put_back<3>(low);
    put_back<3>(high);
  }
}

void transform_words(std::int8_t* state, int rounds) {
  Bits low;
  Bits high;
  pack(state, low, high);
  transform_bits(low, high, rounds);
  unpack(low, high, state);
}

// Kernel::hash: the sponge, whose state stays in bits from the first trit to the last.
[[maybe_unused]] void hash_words(const std::int8_t* inputs, std::size_t length, std::size_t count, int rounds,
                                 std::int8_t* hashes) {
  constexpr std::size_t kRate = 243;
  for (; count > 0; --count, inputs += length, hashes += kRate) {
    Bits low;
    Bits high;
    for (unsigned w = 0; w < kStateWords; ++w) low.words[w] = high.words[w] = ~std::uint64_t{0};
    for (std::size_t done = 0; done < length; done += kRate) {
      const std::size_t trits = length - done < kRate ? length - done : kRate;
      std::int8_t chunk[64 * kStateWords] = {};
      std::memcpy(chunk, inputs + done, trits);
      Bits new_low;
      Bits new_high;
      pack(chunk, new_low, new_high);
      for (unsigned w = 0; w < 4 && 64 * w < trits; ++w) {
        const std::uint64_t mask = trits - 64 * w >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << trits % 64) - 1;
        low.words[w] = (low.words[w] & ~mask) | (new_low.words[w] & mask);
        high.words[w] = (high.words[w] & ~mask) | (new_high.words[w] & mask);
      }
      transform_bits(low, high, rounds);
    }
    std::int8_t state[64 * kStateWords];
    unpack(low, high, state);
    std::memcpy(hashes, state, kRate);
  }
}

[[maybe_unused]] void hash_link_words(Link& link) {
  constexpr std::uint64_t kBehindLink = ~((std::uint64_t{1} << (243 % 64)) - 1);
  Bits low;
  Bits high;
  for (unsigned w = 0; w < kStateWords; ++w) {
    low.words[w] = w < 4 ? link.low[w] : ~std::uint64_t{0};
    high.words[w] = w < 4 ? link.high[w] : ~std::uint64_t{0};
  }
  transform_bits(low, high, 27);
  for (unsigned w = 0; w < 4; ++w) {
    link.low[w] = low.words[w];
    link.high[w] = high.words[w];
  }
  link.low[3] |= kBehindLink;
  link.high[3] |= kBehindLink;
}

}  // namespace
}  // namespace glucoledger::crypto::simd
