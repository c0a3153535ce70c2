// AVX-512: 512 lanes in a register. Compiled for Ice Lake and Zen 4 on (F, BW, DQ, VL, VBMI).
//
// Searches: five_round_walk.h, whose 15 trits fill 30 of the 32 registers; T is two ternary logic instructions. One
// state, several inputs and links: curl_avx512.cpp.
#if defined(__x86_64__)
#include <immintrin.h>

#include "crypto/simd/curl_avx512.h"
#include "crypto/simd/five_round_walk.h"
#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_search.h"

namespace glucoledger::crypto::simd {
namespace {

struct Word512 {
  using Raw = __m512i;
  static constexpr std::size_t kWords = 8;
  static Raw load(const std::uint64_t* from) { return _mm512_load_si512(from); }
  static void store(std::uint64_t* to, Raw raw) { _mm512_store_si512(to, raw); }
  static Raw splat(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  static void combine(Raw& low, Raw& high, Raw a_low, Raw a_high, Raw b_low, Raw b_high) {
    low = _mm512_ternarylogic_epi64(a_high, a_low, b_low, 0xb4);  // a.high ^ (a.low & ~b.low)
    high = _mm512_ternarylogic_epi64(a_low, b_high, low, 0x78);   // a.low ^ (b.high & low)
  }
  // The instruction overwrites its first operand, and the compiler does not look for a better one.
  static void combine_into_second(Raw& low, Raw& high, Raw a_low, Raw a_high, Raw b_low, Raw b_high) {
    low = _mm512_ternarylogic_epi64(b_low, a_low, a_high, 0xa6);
    high = _mm512_ternarylogic_epi64(b_high, a_low, low, 0x6c);
  }
};

using LaneSearch = Search<Word512, FiveRoundWalk<Word512>, 7>;

bool runs_here() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512vbmi") != 0;
}

}  // namespace

const Kernel kAvx512Kernel{"avx512",
                           runs_here,
                           transform_register,
                           hash_in_registers,
                           hash_links_in_registers,
                           LaneSearch::kLanes,
                           LaneSearch::kScratchWords,
                           LaneSearch::run};

}  // namespace glucoledger::crypto::simd
#endif
