// Plain C++ for any CPU, written with pairs of 64-bit words.
//
// Many states: lane_walk.h with 128 lanes, three rounds at a time. The compiler has the pair's operations in one
// register where every CPU of the kind has such (SSE2 on x86-64, NEON on ARM), and else in two words.
// One state: curl_words.h, 64 of its trits in a word.
#include "crypto/simd/curl_words.h"
#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_links.h"
#include "crypto/simd/lane_search.h"
#include "crypto/simd/lane_walk.h"

namespace glucoledger::crypto::simd {
namespace {

struct Word {
  using Raw [[gnu::vector_size(16)]] = std::uint64_t;
  static constexpr std::size_t kWords = 2;
  static Raw load(const std::uint64_t* from) { return Raw{from[0], from[1]}; }
  static void store(std::uint64_t* to, Raw raw) {
    to[0] = raw[0];
    to[1] = raw[1];
  }
  static Raw splat(std::uint64_t value) { return Raw{value, value}; }
  static void combine(Raw& low, Raw& high, Raw a_low, Raw a_high, Raw b_low, Raw b_high) {
    low = a_high ^ (a_low & ~b_low);
    high = a_low ^ (b_high & low);
  }
};

using LaneSearch = Search<Word, ThreeRoundWalk<Word>, 6>;

bool runs_here() {
  return true;
}

}  // namespace

const Kernel kPortableKernel{"portable",
                             runs_here,
                             transform_words,
                             hash_words,
                             LaneLinks<Word>::hash,
                             LaneSearch::kLanes,
                             LaneSearch::kScratchWords,
                             LaneSearch::run};

}  // namespace glucoledger::crypto::simd
