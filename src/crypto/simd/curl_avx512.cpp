// One Curl-P state in four AVX-512 registers, for kernel_avx512.cpp.
//
// Each plane of 729 bits lies in two registers of eight 64-bit lanes, 56 bits (7 whole bytes) in each: bit j is bit
// j % 56 of lane j / 56. The bits go on, cyclically, behind bit 728, up to lane 14. A round in the rotated order of
// curl_permutation.h is new[j] = T(old[j], old[j + s]): the eight bytes from bit (56 lane + s) mod 729 on are fetched
// by one byte permutation over both registers (VBMI) and shifted by 0 to 7 bits, which leaves 56 good bits and a spare
// byte at the top that nobody fetches. As every lane is computed the cyclic extension renews itself. After the last
// round rotations under masks put the trits back, as in curl_words.h.
#if defined(__x86_64__)
#include "crypto/simd/curl_avx512.h"

#include <immintrin.h>

#include "crypto/simd/strides.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kBitLanes = 16;
constexpr unsigned kLaneBits = 56;
constexpr unsigned kLaneBytes = 7;
constexpr unsigned kExtendedBits = 15 * kLaneBits;  // with the cyclic extension

// What fetches, for every lane, the bits from (56 lane + offset) mod 729 on.
struct alignas(64) Rotation {
  std::uint8_t bytes[8 * kBitLanes];
  std::uint64_t shifts[kBitLanes];
};

constexpr Rotation make_rotation(unsigned offset) {
  Rotation rotation{};
  for (unsigned lane = 0; lane + 1 < kBitLanes; ++lane) {
    const unsigned bit = (kLaneBits * lane + offset) % kTrits;
    rotation.shifts[lane] = bit % 8;
    for (unsigned k = 0; k < 8; ++k) {
      const unsigned byte = bit / 8 + k;
      rotation.bytes[8 * lane + k] = static_cast<std::uint8_t>(8 * (byte / kLaneBytes) + byte % kLaneBytes);
    }
  }
  return rotation;
}

struct RoundRotations {
  Rotation of_round[82];
};
constexpr RoundRotations make_round_rotations() {
  RoundRotations rotations{};
  for (unsigned r = 1; r <= 81; ++r) rotations.of_round[r] = make_rotation(kStrides.of_round[r]);
  return rotations;
}
constexpr RoundRotations kRoundRotations = make_round_rotations();

// At the end trit i stands at i + 81 (i mod 9) after 27 rounds and at i + 243 (i mod 3) after 81 (curl_words.h). As i
// mod 9 = 3 a + b, that is a step of 243 a and one of 81 b, which leave i mod 9 as it is. A step rotates by one or two
// times its distance, in the bits under a mask.
struct PutBack {
  Rotation rotation[2];
  alignas(64) std::uint64_t mask[2][kBitLanes];
};
constexpr PutBack make_put_back(unsigned distance, unsigned divisor) {
  PutBack put_back{{make_rotation(distance), make_rotation(2 * distance)}, {}};
  for (unsigned i = 0; i < kExtendedBits; ++i) {
    const unsigned times = i / divisor % 3;
    if (times > 0) put_back.mask[times - 1][i / kLaneBits] |= std::uint64_t{1} << (i % kLaneBits);
  }
  return put_back;
}
constexpr PutBack kPutBackP27First = make_put_back(243, 3);
constexpr PutBack kPutBackP27Second = make_put_back(81, 1);
constexpr PutBack kPutBackP81 = make_put_back(243, 1);

// Between 56 bits a lane and bits without gaps.
struct alignas(64) Regroup {
  std::uint8_t apart[8 * kBitLanes];
  std::uint8_t together[8 * kBitLanes];
};
constexpr Regroup make_regroup() {
  Regroup regroup{};
  for (unsigned i = 0; i < 8 * kBitLanes; ++i) {
    const unsigned apart = kLaneBytes * (i / 8) + i % 8;
    regroup.apart[i] = static_cast<std::uint8_t>(apart < 128 ? apart : 0);
    const unsigned together = 8 * (i / kLaneBytes) + i % kLaneBytes;
    regroup.together[i] = static_cast<std::uint8_t>(together < 128 ? together : 0);
  }
  return regroup;
}
constexpr Regroup kRegroup = make_regroup();

struct Plane {
  __m512i front;
  __m512i back;
};

[[gnu::always_inline]] inline Plane permute(Plane plane, const std::uint8_t* bytes) {
  return {_mm512_permutex2var_epi8(plane.front, _mm512_load_si512(bytes), plane.back),
          _mm512_permutex2var_epi8(plane.front, _mm512_load_si512(bytes + 64), plane.back)};
}

[[gnu::always_inline]] inline Plane rotate(Plane plane, const Rotation& rotation) {
  const Plane fetched = permute(plane, rotation.bytes);
  return {_mm512_srlv_epi64(fetched.front, _mm512_load_si512(rotation.shifts)),
          _mm512_srlv_epi64(fetched.back, _mm512_load_si512(rotation.shifts + 8))};
}

// new low and high, see lane_walk.h.
[[gnu::always_inline]] inline void combine(__m512i& low, __m512i& high, __m512i b_low, __m512i b_high) {
  const __m512i a_low = low;
  low = _mm512_ternarylogic_epi64(a_low, high, b_low, 0x9c);
  high = _mm512_ternarylogic_epi64(a_low, b_high, low, 0x78);
}

constexpr int kReplace = 0xd8;  // a, but b under the mask c

[[gnu::always_inline]] inline Plane put_back(const PutBack& step, Plane plane) {
  Plane result = plane;
  for (unsigned m = 0; m < 2; ++m) {
    const Plane turned = rotate(plane, step.rotation[m]);
    const __m512i front = _mm512_load_si512(step.mask[m]);
    const __m512i back = _mm512_load_si512(step.mask[m] + 8);
    result.front = _mm512_ternarylogic_epi64(result.front, turned.front, front, kReplace);
    result.back = _mm512_ternarylogic_epi64(result.back, turned.back, back, kReplace);
  }
  return result;
}

[[gnu::always_inline]] inline void put_back(int rounds, Plane& low, Plane& high) {
  if (rounds == 27) {
    low = put_back(kPutBackP27Second, put_back(kPutBackP27First, low));
    high = put_back(kPutBackP27Second, put_back(kPutBackP27First, high));
  } else {
    low = put_back(kPutBackP81, low);
    high = put_back(kPutBackP81, high);
  }
}

// 729 bits in 12 words into lanes, with the cyclic extension behind them. By way of registers: a load of what was just
// stored word by word would wait for the cache.
[[gnu::always_inline]] inline Plane spread(const std::uint64_t (&words)[16]) {
  constexpr unsigned kTailBits = kTrits % 64;
  const auto word = [](std::uint64_t value) { return static_cast<long long>(value); };
  const __m512i front = _mm512_set_epi64(word(words[7]), word(words[6]), word(words[5]), word(words[4]), word(words[3]),
                                         word(words[2]), word(words[1]), word(words[0]));
  const __m512i back =
      _mm512_set_epi64(0, 0, word(words[1] >> (64 - kTailBits) | words[2] << kTailBits),
                       word(words[0] >> (64 - kTailBits) | words[1] << kTailBits),
                       word((words[11] & ((std::uint64_t{1} << kTailBits) - 1)) | words[0] << kTailBits),
                       word(words[10]), word(words[9]), word(words[8]));
  return permute({front, back}, kRegroup.apart);
}

[[gnu::always_inline]] inline void gather(Plane plane, std::uint64_t (&words)[16]) {
  const Plane together = permute(plane, kRegroup.together);
  _mm512_store_si512(words, together.front);
  _mm512_store_si512(words + 8, together.back);
}

// What fetches the state of 729 trits from a link, whose 256 bits are followed by ones: lanes 0 to 7 as they stand, and
// of the others lane 13 (bit 728 and then the cyclic extension: bits 0 to 54) and lane 14 (bits 55 to 110).
struct alignas(64) LinkSpread {
  std::uint8_t back_bytes[64];
  std::uint64_t left[8];
  std::uint64_t right[8];
  std::uint64_t ones[8];
};
constexpr LinkSpread make_link_spread() {
  LinkSpread spread{};
  for (std::uint8_t& byte : spread.back_bytes) byte = 63;
  for (unsigned k = 0; k < 8; ++k) {
    spread.back_bytes[8 * 5 + k] = static_cast<std::uint8_t>(k);
    spread.back_bytes[8 * 6 + k] = static_cast<std::uint8_t>(6 + k);
  }
  spread.left[5] = 1;
  spread.right[6] = 7;
  spread.ones[5] = 1;
  return spread;
}
constexpr LinkSpread kLinkSpread = make_link_spread();
constexpr std::uint64_t kBehindLink = ~((std::uint64_t{1} << (243 % 64)) - 1);

[[gnu::always_inline]] inline Plane load_link(const std::uint64_t* words) {
  const __m512i bits = _mm512_mask_loadu_epi64(_mm512_set1_epi64(-1), 0x0f, words);
  const __m512i fetched = _mm512_permutexvar_epi8(_mm512_load_si512(kLinkSpread.back_bytes), bits);
  const __m512i left = _mm512_sllv_epi64(fetched, _mm512_load_si512(kLinkSpread.left));
  const __m512i shifted = _mm512_srlv_epi64(left, _mm512_load_si512(kLinkSpread.right));
  return {_mm512_permutexvar_epi8(_mm512_load_si512(kRegroup.apart), bits),
          _mm512_or_si512(shifted, _mm512_load_si512(kLinkSpread.ones))};
}

// The first 243 trits after 27 rounds: they and those that go into them after the first step, the first 405, stand in
// the front register.
[[gnu::always_inline]] inline void store_link(Plane plane, std::uint64_t* words) {
  __m512i middle = plane.front;
  for (unsigned m = 0; m < 2; ++m) {
    const Rotation& rotation = kPutBackP27First.rotation[m];
    const __m512i fetched = _mm512_permutex2var_epi8(plane.front, _mm512_load_si512(rotation.bytes), plane.back);
    const __m512i turned = _mm512_srlv_epi64(fetched, _mm512_load_si512(rotation.shifts));
    middle = _mm512_ternarylogic_epi64(middle, turned, _mm512_load_si512(kPutBackP27First.mask[m]), kReplace);
  }
  __m512i front = middle;
  for (unsigned m = 0; m < 2; ++m) {
    const Rotation& rotation = kPutBackP27Second.rotation[m];
    const __m512i fetched = _mm512_permutexvar_epi8(_mm512_load_si512(rotation.bytes), middle);
    const __m512i turned = _mm512_srlv_epi64(fetched, _mm512_load_si512(rotation.shifts));
    front = _mm512_ternarylogic_epi64(front, turned, _mm512_load_si512(kPutBackP27Second.mask[m]), kReplace);
  }
  const __m512i together = _mm512_permutexvar_epi8(_mm512_load_si512(kRegroup.together), front);
  const __m512i ones = _mm512_maskz_set1_epi64(0x08, static_cast<long long>(kBehindLink));
  _mm512_mask_storeu_epi64(words, 0x0f, _mm512_or_si512(together, ones));
}

// Several states at a time, because one round waits for the one before.
template <unsigned kCount>
[[gnu::always_inline]] inline void rounds_together(Plane (&low)[kCount], Plane (&high)[kCount], int rounds) {
  for (int r = 1; r <= rounds; ++r) {
    const Rotation& rotation = kRoundRotations.of_round[r];
#pragma GCC unroll 8
    for (unsigned k = 0; k < kCount; ++k) {
      const Plane turned_low = rotate(low[k], rotation);
      const Plane turned_high = rotate(high[k], rotation);
      combine(low[k].front, high[k].front, turned_low.front, turned_high.front);
      combine(low[k].back, high[k].back, turned_low.back, turned_high.back);
    }
  }
}

template <unsigned kCount>
[[gnu::always_inline]] inline void hash_together(Link* links) {
  Plane low[kCount];
  Plane high[kCount];
  for (unsigned k = 0; k < kCount; ++k) {
    low[k] = load_link(links[k].low);
    high[k] = load_link(links[k].high);
  }
  rounds_together(low, high, 27);
  for (unsigned k = 0; k < kCount; ++k) {
    store_link(low[k], links[k].low);
    store_link(high[k], links[k].high);
  }
}

[[gnu::always_inline]] inline __mmask64 first_of_64(std::size_t count) {
  return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
}

// Some trits of an input (at most 243) in two planes of a link's form, and which bits they are.
struct Chunk {
  alignas(64) std::uint64_t low[4];
  alignas(64) std::uint64_t high[4];
  alignas(64) std::uint64_t outside[4];
};

[[gnu::always_inline]] inline void load_chunk(const std::int8_t* trits, std::size_t count, Chunk& chunk) {
  for (std::size_t w = 0; w < 4; ++w) {
    const __mmask64 here = 64 * w < count ? first_of_64(count - 64 * w) : 0;
    const __m512i bytes = _mm512_maskz_loadu_epi8(here, trits + 64 * w);
    chunk.low[w] = ~_cvtmask64_u64(_mm512_cmpgt_epi8_mask(bytes, _mm512_setzero_si512()));
    chunk.high[w] = ~_cvtmask64_u64(_mm512_movepi8_mask(bytes));
    chunk.outside[w] = ~_cvtmask64_u64(here);
  }
}

[[gnu::always_inline]] inline void overwrite(Plane& plane, Plane with, Plane outside) {
  constexpr int kSelect = 0xca;  // a ? b : c
  plane.front = _mm512_ternarylogic_epi64(outside.front, plane.front, with.front, kSelect);
  plane.back = _mm512_ternarylogic_epi64(outside.back, plane.back, with.back, kSelect);
}

// The first 243 trits of a state that was put back.
[[gnu::always_inline]] inline void store_hash(Plane low, Plane high, std::int8_t* trits) {
  alignas(64) std::uint64_t low_words[16];
  alignas(64) std::uint64_t high_words[16];
  gather(low, low_words);
  gather(high, high_words);
  for (unsigned w = 0; w < 4; ++w) {
    const __m512i positive = _mm512_maskz_set1_epi8(_cvtu64_mask64(~low_words[w]), 1);
    const __m512i negative = _mm512_movm_epi8(_cvtu64_mask64(~high_words[w]));
    _mm512_mask_storeu_epi8(trits + 64 * w, first_of_64(kHashTrits - 64 * w), _mm512_or_si512(positive, negative));
  }
}

// Several sponges at a time, whose states stay in registers from their first trit to their last.
template <unsigned kCount>
void hash_inputs_together(const std::int8_t* inputs, std::size_t length, int rounds, std::int8_t* hashes) {
  Plane low[kCount];
  Plane high[kCount];
  for (unsigned k = 0; k < kCount; ++k) low[k] = high[k] = {_mm512_set1_epi64(-1), _mm512_set1_epi64(-1)};
  for (std::size_t done = 0; done < length; done += kHashTrits) {
    for (unsigned k = 0; k < kCount; ++k) {
      Chunk chunk;
      load_chunk(inputs + k * length + done, length - done < kHashTrits ? length - done : kHashTrits, chunk);
      const Plane outside = load_link(chunk.outside);
      overwrite(low[k], load_link(chunk.low), outside);
      overwrite(high[k], load_link(chunk.high), outside);
    }
    rounds_together(low, high, rounds);
    for (unsigned k = 0; k < kCount; ++k) put_back(rounds, low[k], high[k]);
  }
  for (unsigned k = 0; k < kCount; ++k) store_hash(low[k], high[k], hashes + k * kHashTrits);
}

}  // namespace

void transform_register(std::int8_t* state, int rounds) {
  alignas(64) std::uint64_t low_words[16];
  alignas(64) std::uint64_t high_words[16];
  for (unsigned w = 0; w < 12; ++w) {
    const __m512i trits = _mm512_loadu_si512(state + 64 * w);
    low_words[w] = ~_cvtmask64_u64(_mm512_cmpgt_epi8_mask(trits, _mm512_setzero_si512()));
    high_words[w] = ~_cvtmask64_u64(_mm512_movepi8_mask(trits));
  }
  Plane low = spread(low_words);
  Plane high = spread(high_words);
  for (int r = 1; r <= rounds; ++r) {
    const Plane turned_low = rotate(low, kRoundRotations.of_round[r]);
    const Plane turned_high = rotate(high, kRoundRotations.of_round[r]);
    combine(low.front, high.front, turned_low.front, turned_high.front);
    combine(low.back, high.back, turned_low.back, turned_high.back);
  }
  put_back(rounds, low, high);
  gather(low, low_words);
  gather(high, high_words);
  for (unsigned w = 0; w < 12; ++w) {
    const std::uint64_t mask = w < 11 ? ~std::uint64_t{0} : (std::uint64_t{1} << (kTrits % 64)) - 1;
    const __m512i positive = _mm512_maskz_set1_epi8(_cvtu64_mask64(~low_words[w] & mask), 1);
    const __m512i negative = _mm512_movm_epi8(_cvtu64_mask64(~high_words[w] & mask));
    _mm512_storeu_si512(state + 64 * w, _mm512_or_si512(positive, negative));
  }
}

void hash_in_registers(const std::int8_t* inputs, std::size_t length, std::size_t count, int rounds,
                       std::int8_t* hashes) {
  while (count > 0) {
    const std::size_t now = count >= 4 ? 4 : count >= 2 ? 2 : 1;
    const auto hash_them = now == 4   ? hash_inputs_together<4>
                           : now == 2 ? hash_inputs_together<2>
                                      : hash_inputs_together<1>;
    hash_them(inputs, length, rounds, hashes);
    inputs += now * length;
    hashes += now * kHashTrits;
    count -= now;
  }
}

void hash_links_in_registers(Link* links, std::size_t count) {
  for (; count >= 6; count -= 6, links += 6) hash_together<6>(links);
  for (; count >= 3; count -= 3, links += 3) hash_together<3>(links);
  for (; count > 0; --count, ++links) hash_together<1>(links);
}

}  // namespace glucoledger::crypto::simd
#endif
