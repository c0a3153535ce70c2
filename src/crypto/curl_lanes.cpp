#include "crypto/curl_lanes.h"

#include <utility>

#include "crypto/curl_permutation.h"

namespace glucoledger::crypto {
namespace {

// new[j] = T(a[j], b[j]) for `count` trits in a row; the compiler makes vectors of it.
void combine(const std::uint64_t* __restrict a_low, const std::uint64_t* __restrict a_high,
             const std::uint64_t* __restrict b_low, const std::uint64_t* __restrict b_high,
             std::uint64_t* __restrict low, std::uint64_t* __restrict high, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) {
    const std::uint64_t changed = (a_low[j] | ~b_high[j]) & (b_low[j] ^ a_high[j]);
    low[j] = ~changed;
    high[j] = (a_low[j] ^ b_high[j]) | changed;
  }
}

}  // namespace

CurlLanes& transform_lanes(CurlRounds rounds, CurlLanes& from, CurlLanes& to) {
  CurlLanes* old = &from;
  CurlLanes* next = &to;
  for (std::size_t r = 0; r < curl_order(rounds).rounds; ++r) {
    const std::size_t offset = kCurlOffsets[r];
    const std::size_t turn = Curl::kStateTrits - offset;  // from here on the partner stands at the beginning
    combine(old->low.data(), old->high.data(), old->low.data() + offset, old->high.data() + offset, next->low.data(),
            next->high.data(), turn);
    combine(old->low.data() + turn, old->high.data() + turn, old->low.data(), old->high.data(), next->low.data() + turn,
            next->high.data() + turn, offset);
    std::swap(old, next);
  }
  return *old;
}

}  // namespace glucoledger::crypto
