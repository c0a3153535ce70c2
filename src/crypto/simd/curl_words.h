// One Curl-P state, 64 of its trits in a machine word. Included by the kernel files only; see lane_walk.h.
//
// Read the state in another order after every round (curl_permutation.h) and a round is new[j] = T(old[j], old[j + s]):
// one rotation of 729 bits, and T on whole words. At the end trit i stands at position i * f mod 729, with f = 82 after
// 27 rounds and f = 244 after 81: at i + 81 (i mod 9) and at i + 243 (i mod 3), so that a few rotations under masks put
// everything back, without a look-up.
#pragma once

#include "crypto/links.h"
#include "crypto/simd/packed_state.h"

namespace glucoledger::crypto::simd {
namespace {

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
