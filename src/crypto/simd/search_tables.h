// What lane_search.h looks up, all made when compiling. Included by the kernel files only; see lane_walk.h.
//
// A search tries the values of two parts of the nonce: the first six trits differ from lane to lane (LaneDigits: lane l
// is bit l % 64 of word l / 64 of either plane), the three behind them from batch to batch, one trit at a time, and
// Changed lists what such a trit reaches: one trit at first, twice as many after each round. LastOrder is where the
// trits of the hash stand before the last rounds put them back.
#pragma once

#include "crypto/simd/kernel.h"
#include "crypto/simd/strides.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kInnerAt = kSearchNonceAt + kSearchLaneTrits;
constexpr unsigned kSearchRounds = 81;

// In steps of the last round's distance trit i of the hash is trit i, and this is where it stands.
struct LastOrder {
  std::uint16_t at[kTrits];
};
constexpr LastOrder make_last_order() {
  LastOrder order{};
  for (unsigned t = 0; t < kTrits; ++t) {
    order.at[t] = static_cast<std::uint16_t>(t * kStrides.of_round[kSearchRounds] % kTrits);
  }
  return order;
}
constexpr LastOrder kLastOrder = make_last_order();

// The trits that change after each of the kept rounds when one trit of the nonce does.
template <unsigned kKeptRounds>
struct Changed {
  unsigned count[kKeptRounds + 1];
  std::uint16_t at[kKeptRounds + 1][1 << kKeptRounds];
};
template <unsigned kKeptRounds>
struct ChangedByInner {
  Changed<kKeptRounds> of[kSearchInnerTrits];
};

template <unsigned kKeptRounds>
constexpr Changed<kKeptRounds> find_changed(unsigned trit) {
  Changed<kKeptRounds> changed{{1}, {{static_cast<std::uint16_t>(trit)}}};
  for (unsigned r = 1; r <= kKeptRounds; ++r) {
    for (unsigned i = 0; i < changed.count[r - 1]; ++i) {
      const unsigned at = changed.at[r - 1][i];
      changed.at[r][changed.count[r]++] = static_cast<std::uint16_t>(at);
      changed.at[r][changed.count[r]++] = static_cast<std::uint16_t>((at + kTrits - kStrides.of_round[r]) % kTrits);
    }
  }
  return changed;
}
template <unsigned kKeptRounds>
constexpr ChangedByInner<kKeptRounds> find_changed_by_inner() {
  ChangedByInner<kKeptRounds> changed{};
  for (unsigned i = 0; i < kSearchInnerTrits; ++i) changed.of[i] = find_changed<kKeptRounds>(kInnerAt + i);
  return changed;
}

// The planes of the nonce's first trits, which tell the lanes apart.
template <std::size_t kWords>
struct LaneDigits {
  std::uint64_t planes[kSearchLaneTrits][2][kWords];
};

template <std::size_t kWords>
constexpr LaneDigits<kWords> make_lane_digits() {
  LaneDigits<kWords> digits{};
  for (std::size_t lane = 0; lane < 64 * kWords; ++lane) {
    std::size_t rest = lane;
    for (std::size_t i = 0; i < kSearchLaneTrits; ++i, rest /= 3) {
      const std::uint64_t bit = std::uint64_t{1} << (lane % 64);
      if (rest % 3 != 2) digits.planes[i][0][lane / 64] |= bit;
      if (rest % 3 != 0) digits.planes[i][1][lane / 64] |= bit;
    }
  }
  return digits;
}

}  // namespace
}  // namespace glucoledger::crypto::simd
