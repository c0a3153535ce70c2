// 64 Curl-P states side by side, bit-sliced: bit k of a word is the trit of lane k. For proof of work, where many
// messages that differ little are hashed at once; one transform of 81 rounds takes about 40 microseconds for all 64.
#pragma once

#include "crypto/curl.h"

namespace glucoledger::crypto {

inline constexpr std::size_t kLanes = 64;

struct CurlLanes {
  using Plane = std::array<std::uint64_t, Curl::kStateTrits>;
  alignas(64) Plane low;   // the trit is not 1
  alignas(64) Plane high;  // the trit is not -1

  void set_all(std::size_t index, Trit trit) {
    low[index] = trit == 1 ? 0 : ~std::uint64_t{0};
    high[index] = trit == -1 ? 0 : ~std::uint64_t{0};
  }
  void set_lane(std::size_t index, std::size_t lane, Trit trit) {
    const std::uint64_t bit = std::uint64_t{1} << lane;
    low[index] = trit == 1 ? low[index] & ~bit : low[index] | bit;
    high[index] = trit == -1 ? high[index] & ~bit : high[index] | bit;
  }
  // The lanes whose trit is 0, as bits.
  std::uint64_t zeros(std::size_t index) const { return low[index] & high[index]; }
};

// `from` and `to` are both overwritten. Afterwards trit i stands at curl_order(rounds).position[i] of the returned one.
CurlLanes& transform_lanes(CurlRounds rounds, CurlLanes& from, CurlLanes& to);

}  // namespace glucoledger::crypto
