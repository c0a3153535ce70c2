// Eight trits in the bytes of a word, and the bits that stand for them. Always inlined, as kernel files include it: the
// linker has no copies of theirs to choose from (lane_walk.h says why).
#pragma once

#include <cstdint>

namespace glucoledger::crypto::simd {

inline constexpr std::uint64_t kEveryByte = 0x0101010101010101;

// Byte k's lowest bit becomes bit k.
[[gnu::always_inline]] constexpr std::uint64_t gather_low_bits(std::uint64_t bytes) {
  return (bytes & kEveryByte) * 0x0102040810204080 >> 56;
}

// And back: bit k becomes byte k, 0 or 1.
[[gnu::always_inline]] constexpr std::uint64_t spread_to_bytes(std::uint64_t byte) {
  const std::uint64_t bits = byte * kEveryByte & 0x8040201008040201;  // bit k stays in byte k
  return (bits + 0x7f7f7f7f7f7f7f7f) >> 7 & kEveryByte;
}

}  // namespace glucoledger::crypto::simd
