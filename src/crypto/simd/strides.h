// The distances of Curl-P's rounds in the rotated order of curl_permutation.h. Included by the kernel files only, so
// with internal linkage (lane_walk.h says why).
#pragma once

#include <cstdint>

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kTrits = 729;

// The distance of round r (from 1), which is also where trit 1 stands after it.
struct Strides {
  std::uint16_t of_round[82];
};
constexpr Strides make_strides() {
  Strides strides{{1}};
  for (unsigned r = 1; r <= 81; ++r) {
    strides.of_round[r] = static_cast<std::uint16_t>(strides.of_round[r - 1] * 364U % kTrits);
  }
  return strides;
}
constexpr Strides kStrides = make_strides();

}  // namespace
}  // namespace glucoledger::crypto::simd
