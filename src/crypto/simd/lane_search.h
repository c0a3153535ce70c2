// The bit-sliced search for a nonce of the proof of work. Included by the kernel files only; see lane_walk.h.
//
// Of 81 rounds it walks through 65 or 66. First rounds: from one batch to the next only one trit changes, as in a Gray
// code, so after round r only 2^r do; the states after each of the first rounds are kept, and only the trits that
// changed are computed again. Last rounds: the trits that the weight is about stand side by side in steps of the last
// round's distance u; the round before has the distance -2u, the one before that 4u, so that the trits which each of
// the last nine rounds needs are side by side, too, at most 535 and soon few. Source of the idea: the common searches
// compute all lanes' first rounds anew, and every trit of the last ones.
#pragma once

#include "crypto/simd/curl_words.h"
#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_walk.h"
#include "crypto/simd/search_tables.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kHashEnd = 243;
constexpr unsigned kLastRounds = 9;
constexpr unsigned kSievedTrits = 24;  // a lane that ends in more zeros by chance is seen once in 10^11 hashes

template <class Word, class Walk, unsigned kKeptRounds>
class Search {
 public:
  static constexpr std::size_t kLanes = 64 * Word::kWords;
  static constexpr std::size_t kTritWords = 2 * Word::kWords;
  static constexpr std::size_t kStateWords = kTrits * kTritWords;
  static constexpr std::size_t kScratchWords = (kKeptRounds + 2) * kStateWords;

  static SearchHit run(const std::int8_t* state, int min_weight_magnitude, std::uint64_t* scratch) {
    std::uint64_t* kept = scratch;
    std::uint64_t* work = scratch + (kKeptRounds + 1) * kStateWords;
    load(state, kept);
    for (std::size_t i = 0; i < kSearchInnerTrits; ++i)
      set_all(kept + (kInnerAt + i) * kTritWords, search_inner_trit(0, i));
    for (unsigned r = 1; r <= kKeptRounds; ++r) {
      for (unsigned j = 0; j < kTrits; ++j) round(kept, r, j);
    }
    for (std::size_t inner = 0; inner < kSearchInner; ++inner) {
      if (inner > 0) change_to(inner, kept);
      walk_rounds<Walk, kKeptRounds, kSearchRounds - kLastRounds>(kept + kKeptRounds * kStateWords, work);
      const std::size_t lane = lane_found(work, static_cast<unsigned>(min_weight_magnitude));
      if (lane == kLanes) continue;
      const SearchHit hit{true, inner, lane};
      if (min_weight_magnitude <= static_cast<int>(kSievedTrits) || is_hit(hit, state, min_weight_magnitude))
        return hit;
    }
    return {};
  }

 private:
  static void set_all(std::uint64_t* trit, int value) {
    Word::store(trit, Word::splat(value == 1 ? 0 : ~std::uint64_t{0}));
    Word::store(trit + Word::kWords, Word::splat(value == -1 ? 0 : ~std::uint64_t{0}));
  }

  // The kept states of this batch, from those of the one before.
  static void change_to(std::size_t inner, std::uint64_t* kept) {
    std::size_t i = 0;
    while (search_inner_trit(inner, i) == search_inner_trit(inner - 1, i)) ++i;
    set_all(kept + (kInnerAt + i) * kTritWords, search_inner_trit(inner, i));
    static constexpr auto kChanged = find_changed_by_inner<kKeptRounds>();
    const auto& changed = kChanged.of[i];
    for (unsigned r = 1; r <= kKeptRounds; ++r) {
      for (unsigned k = 0; k < changed.count[r]; ++k) round(kept, r, changed.at[r][k]);
    }
  }

  static void load(const std::int8_t* state, std::uint64_t* to) {
    static constexpr auto kDigits = make_lane_digits<Word::kWords>();
    for (unsigned j = 0; j < kTrits; ++j) set_all(to + j * kTritWords, state[j]);
    for (std::size_t i = 0; i < kSearchLaneTrits; ++i) {
      std::uint64_t* trit = to + (kSearchNonceAt + i) * kTritWords;
      for (std::size_t w = 0; w < Word::kWords; ++w) {
        trit[w] = kDigits.planes[i][0][w];
        trit[Word::kWords + w] = kDigits.planes[i][1][w];
      }
    }
  }

  // Trit j after round r, from the kept states.
  [[gnu::always_inline]] static void round(std::uint64_t* kept, unsigned r, unsigned j) {
    const unsigned partner = j + kStrides.of_round[r];
    const std::uint64_t* old = kept + (r - 1) * kStateWords;
    combine(old + j * kTritWords, old + (partner >= kTrits ? partner - kTrits : partner) * kTritWords,
            kept + r * kStateWords + j * kTritWords);
  }

  [[gnu::always_inline]] static void combine(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* to) {
    typename Word::Raw low;
    typename Word::Raw high;
    Word::combine(low, high, Word::load(a), Word::load(a + Word::kWords), Word::load(b), Word::load(b + Word::kWords));
    Word::store(to, low);
    Word::store(to + Word::kWords, high);
  }

  static std::uint64_t* last_trit(std::uint64_t* work, unsigned t) { return work + kLastOrder.at[t] * kTritWords; }

  // The last rounds, in place, for the trits from `begin` on to the end of the hash.
  static void last_rounds(std::uint64_t* work, unsigned begin) {
    constexpr unsigned kAhead = 1 + 4 + 16 + 64 + 256;
    constexpr unsigned kBehind = 2 + 8 + 32 + 128;
    static_assert(kLastRounds == 9 && kHashEnd + kAhead <= kTrits && kHashEnd - kSievedTrits >= kBehind);
    unsigned end = kHashEnd + kAhead;
    begin -= kBehind;
    for (unsigned distance = 256; distance > 0; distance /= 4) {
      end -= distance;
      for (unsigned t = begin; t < end; ++t) {
        combine(last_trit(work, t), last_trit(work, t + distance), last_trit(work, t));
      }
      if (distance == 1) return;
      begin += distance / 2;
      for (unsigned t = end; t > begin; --t) {
        combine(last_trit(work, t - 1), last_trit(work, t - 1 - distance / 2), last_trit(work, t - 1));
      }
    }
  }

  // The first lane whose hash ends in enough zeros as far as they are sieved, or kLanes.
  static std::size_t lane_found(std::uint64_t* work, unsigned wanted) {
    const unsigned begin = kHashEnd - (wanted < kSievedTrits ? wanted : kSievedTrits);
    last_rounds(work, begin);
    std::uint64_t found[Word::kWords];
    for (std::uint64_t& word : found) word = ~std::uint64_t{0};
    for (unsigned t = begin; t < kHashEnd; ++t) {
      const std::uint64_t* trit = last_trit(work, t);
      for (std::size_t w = 0; w < Word::kWords; ++w) found[w] &= trit[w] & trit[Word::kWords + w];
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if ((found[lane / 64] >> (lane % 64) & 1) != 0) return lane;
    }
    return kLanes;
  }

  static bool is_hit(const SearchHit& hit, const std::int8_t* state, int min_weight_magnitude) {
    std::int8_t trits[kPaddedStateTrits] = {};
    std::memcpy(trits, state, kTrits);
    write_search_digits(hit, trits + kSearchNonceAt);
    transform_words(trits, static_cast<int>(kSearchRounds));
    for (int i = 1; i <= min_weight_magnitude; ++i) {
      if (trits[kHashEnd - static_cast<unsigned>(i)] != 0) return false;
    }
    return true;
  }
};

}  // namespace
}  // namespace glucoledger::crypto::simd
