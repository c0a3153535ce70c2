// Curl-P-27 of many links in lanes. Included by the kernel files only; see lane_walk.h.
//
// Links hold their trits side by side, lanes hold the links side by side: 64 by 64 bits at a time are turned over.
#pragma once

#include "crypto/links.h"
#include "crypto/simd/curl_words.h"
#include "crypto/simd/lane_walk.h"

namespace glucoledger::crypto::simd {
namespace {

// Of every square of 2 kHalf by 2 kHalf bits, the quarters that stand crosswise change places; then the same in each.
template <unsigned kHalf>
[[gnu::always_inline]] inline void transpose_squares(std::uint64_t (&rows)[64]) {
  constexpr std::uint64_t kMask = ~std::uint64_t{0} / ((std::uint64_t{1} << kHalf) + 1);
  for (unsigned square = 0; square < 64; square += 2 * kHalf) {
    for (unsigned r = square; r < square + kHalf; ++r) {
      const std::uint64_t crossing = (rows[r] >> kHalf ^ rows[r + kHalf]) & kMask;
      rows[r + kHalf] ^= crossing;
      rows[r] ^= crossing << kHalf;
    }
  }
  if constexpr (kHalf > 1) transpose_squares<kHalf / 2>(rows);
}

// Bit c of row r becomes bit r of row c.
[[gnu::always_inline]] inline void transpose(std::uint64_t (&rows)[64]) {
  transpose_squares<32>(rows);
}

template <class Word>
class LaneLinks {
 public:
  static void hash(Link* links, std::size_t count) {
    for (; count > kLanes; count -= kLanes, links += kLanes) hash_some(links, kLanes);
    if (count > kWorthLanes) {
      hash_some(links, count);
    } else {
      for (; count > 0; --count, ++links) hash_link_words(*links);
    }
  }

 private:
  static constexpr std::size_t kLanes = 64 * Word::kWords;
  static constexpr std::size_t kWorthLanes = 12;  // so many one by one take as long as all lanes
  static constexpr unsigned kRateTrits = 243;
  static constexpr unsigned kRounds = 27;

  struct alignas(64) State {
    std::uint64_t planes[kTrits][2][Word::kWords];
  };

  static void hash_some(Link* links, std::size_t count) {
    State state;
    for (unsigned i = kRateTrits; i < kTrits; ++i) {
      Word::store(state.planes[i][0], Word::splat(~std::uint64_t{0}));
      Word::store(state.planes[i][1], Word::splat(~std::uint64_t{0}));
    }
    each_block(count, [&](std::size_t word, std::size_t lanes, unsigned quarter, unsigned plane) {
      std::uint64_t rows[64] = {};
      for (std::size_t k = 0; k < lanes; ++k) rows[k] = plane_of(links[64 * word + k], plane)[quarter];
      transpose(rows);
      for (unsigned k = 0, i = 64 * quarter; k < 64 && i < kRateTrits; ++k, ++i) state.planes[i][plane][word] = rows[k];
    });
    walk_rounds<ThreeRoundWalk<Word>, 0, kRounds>(&state.planes[0][0][0], &state.planes[0][0][0]);
    each_block(count, [&](std::size_t word, std::size_t lanes, unsigned quarter, unsigned plane) {
      std::uint64_t rows[64];
      for (unsigned k = 0, i = 64 * quarter; k < 64; ++k, ++i) {
        rows[k] =
            i < kRateTrits ? state.planes[kStrides.of_round[kRounds] * i % kTrits][plane][word] : ~std::uint64_t{0};
      }
      transpose(rows);
      for (std::size_t k = 0; k < lanes; ++k) plane_of(links[64 * word + k], plane)[quarter] = rows[k];
    });
    state = {};                                   // it held keys
    asm volatile("" : : "r"(&state) : "memory");  // or the compiler would leave that out
  }

  static std::uint64_t* plane_of(Link& link, unsigned plane) { return plane == 0 ? link.low : link.high; }

  template <class Function>
  [[gnu::always_inline]] static void each_block(std::size_t count, Function function) {
    for (std::size_t word = 0; 64 * word < count; ++word) {
      const std::size_t lanes = count - 64 * word < 64 ? count - 64 * word : 64;
      for (unsigned quarter = 0; quarter < 4; ++quarter) {
        for (unsigned plane = 0; plane < 2; ++plane) function(word, lanes, quarter, plane);
      }
    }
  }
};

}  // namespace
}  // namespace glucoledger::crypto::simd
