// AVX2: 256 lanes in a register. Compiled with -mavx2.
//
// Many states: lane_walk.h, three rounds at a time, whose 7 trits fill 14 of the 16 registers. One state: the portable
// code, compiled for this CPU.
#if defined(__x86_64__)
#include <immintrin.h>

#include "crypto/simd/curl_words.h"
#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_links.h"
#include "crypto/simd/lane_search.h"
#include "crypto/simd/lane_walk.h"

namespace glucoledger::crypto::simd {
namespace {

struct Word256 {
  using Raw = __m256i;
  static constexpr std::size_t kWords = 4;
  static Raw load(const std::uint64_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
  static void store(std::uint64_t* to, Raw raw) { _mm256_store_si256(reinterpret_cast<__m256i*>(to), raw); }
  static Raw splat(std::uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static void combine(Raw& low, Raw& high, Raw a_low, Raw a_high, Raw b_low, Raw b_high) {
    low = _mm256_xor_si256(a_high, _mm256_andnot_si256(b_low, a_low));
    high = _mm256_xor_si256(a_low, _mm256_and_si256(b_high, low));
  }
};

using LaneSearch = Search<Word256, ThreeRoundWalk<Word256>, 6>;

bool runs_here() {
  return __builtin_cpu_supports("avx2") != 0;
}

}  // namespace

const Kernel kAvx2Kernel{"avx2",
                         runs_here,
                         transform_words,
                         hash_words,
                         LaneLinks<Word256>::hash,
                         LaneSearch::kLanes,
                         LaneSearch::kScratchWords,
                         LaneSearch::run};

}  // namespace glucoledger::crypto::simd
#endif
