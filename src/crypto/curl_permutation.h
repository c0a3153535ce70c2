// The order in which fast Curl-P keeps its state, shared by all kernels (simd/).
//
// Curl-P's round is new[i] = T(old[364 i], old[364 (i + 1)]), indexes modulo 729. Keep after round r the trit i at
// position i * 364^r mod 729 (364 is a unit, the inverse of -2), and the round reads new[j] = T(old[j], old[j +
// offset]) with offset = 364^(r + 1): all trits at one distance, so no walk from index to index. After the last round
// each trit is fetched from where it stands.
#pragma once

#include "crypto/curl.h"

namespace glucoledger::crypto {

inline constexpr std::size_t kCurlRoundsMax = 81;

inline constexpr auto kCurlOffsets = [] {
  std::array<std::uint16_t, kCurlRoundsMax> offsets{};
  std::size_t power = 1;
  for (auto& offset : offsets) {
    power = power * 364 % Curl::kStateTrits;
    offset = static_cast<std::uint16_t>(power);
  }
  return offsets;
}();

struct CurlOrder {
  std::size_t rounds;
  std::array<std::uint16_t, Curl::kStateTrits> position;  // where trit i stands after the last round
};

constexpr CurlOrder make_curl_order(std::size_t rounds) {
  CurlOrder order{rounds, {}};
  const std::size_t factor = kCurlOffsets[rounds - 1];
  for (std::size_t i = 0; i < Curl::kStateTrits; ++i) {
    order.position[i] = static_cast<std::uint16_t>(i * factor % Curl::kStateTrits);
  }
  return order;
}

inline constexpr CurlOrder kCurlOrderP27 = make_curl_order(27);
inline constexpr CurlOrder kCurlOrderP81 = make_curl_order(81);

inline const CurlOrder& curl_order(CurlRounds rounds) {
  return rounds == CurlRounds::kP27 ? kCurlOrderP27 : kCurlOrderP81;
}

}  // namespace glucoledger::crypto
