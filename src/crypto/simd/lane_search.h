// The bit-sliced search for a nonce of the proof of work. Included by the kernel files only; see lane_walk.h.
//
// Of 81 rounds it computes about 72. First rounds: from one batch to the next only one trit changes, as in a Gray code,
// so after round r only 2^r do; the states after each of the first six rounds are kept, and only the trits that changed
// are computed again. Last rounds: the trits that the weight is about stand side by side in the last walk, which goes
// nowhere else. Source of the idea: the common searches compute all lanes' first rounds anew, and every trit.
#pragma once

#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_walk.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kHashEnd = 243;
constexpr unsigned kNonceAt = 162;
constexpr unsigned kInnerAt = kNonceAt + kSearchLaneTrits;
constexpr unsigned kKeptRounds = 6;
constexpr unsigned kSearchRounds = 81;

// The trits that change after each of the kept rounds when one trit of the nonce does.
struct Changed {
  unsigned count[kKeptRounds + 1];
  std::uint16_t at[kKeptRounds + 1][1 << kKeptRounds];
};
struct ChangedByInner {
  Changed of[kSearchInnerTrits];
};

constexpr Changed find_changed(unsigned trit) {
  Changed changed{{1}, {{static_cast<std::uint16_t>(trit)}}};
  for (unsigned r = 1; r <= kKeptRounds; ++r) {
    for (unsigned i = 0; i < changed.count[r - 1]; ++i) {
      const unsigned at = changed.at[r - 1][i];
      changed.at[r][changed.count[r]++] = static_cast<std::uint16_t>(at);
      changed.at[r][changed.count[r]++] = static_cast<std::uint16_t>((at + kTrits - kStrides.of_round[r]) % kTrits);
    }
  }
  return changed;
}
constexpr ChangedByInner find_changed_by_inner() {
  ChangedByInner changed{};
  for (unsigned i = 0; i < kSearchInnerTrits; ++i) changed.of[i] = find_changed(kInnerAt + i);
  return changed;
}
constexpr ChangedByInner kChanged = find_changed_by_inner();

// The planes of the nonce's first trits, which tell the lanes apart.
template <std::size_t kWords>
struct LaneDigits {
  std::uint64_t planes[kSearchLaneTrits][2][kWords];
};

template <std::size_t kWords>
constexpr LaneDigits<kWords> make_lane_digits() {
  LaneDigits<kWords> digits{};
  for (std::size_t lane = 0; lane < 64 * kWords; ++lane) {
    std::size_t rest = lane;
    for (std::size_t i = 0; i < kSearchLaneTrits; ++i, rest /= 3) {
      const std::uint64_t bit = std::uint64_t{1} << (lane % 64);
      if (rest % 3 != 2) digits.planes[i][0][lane / 64] |= bit;
      if (rest % 3 != 0) digits.planes[i][1][lane / 64] |= bit;
    }
  }
  return digits;
}

template <class Word, int kDepth>
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
      const std::size_t lane = lane_found(kept + kKeptRounds * kStateWords, work, min_weight_magnitude);
      if (lane != kLanes) return {true, inner, lane};
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
    const Changed& changed = kChanged.of[i];
    for (unsigned r = 1; r <= kKeptRounds; ++r) {
      for (unsigned k = 0; k < changed.count[r]; ++k) round(kept, r, changed.at[r][k]);
    }
  }

  static void load(const std::int8_t* state, std::uint64_t* to) {
    static constexpr auto kDigits = make_lane_digits<Word::kWords>();
    for (unsigned j = 0; j < kTrits; ++j) set_all(to + j * kTritWords, state[j]);
    for (std::size_t i = 0; i < kSearchLaneTrits; ++i) {
      std::uint64_t* trit = to + (kNonceAt + i) * kTritWords;
      for (std::size_t w = 0; w < Word::kWords; ++w) {
        trit[w] = kDigits.planes[i][0][w];
        trit[Word::kWords + w] = kDigits.planes[i][1][w];
      }
    }
  }

  // Trit j after round r, from the kept states.
  [[gnu::always_inline]] static void round(std::uint64_t* kept, unsigned r, unsigned j) {
    const unsigned partner = j + kStrides.of_round[r];
    const std::uint64_t* a = kept + (r - 1) * kStateWords + j * kTritWords;
    const std::uint64_t* b =
        kept + (r - 1) * kStateWords + (partner >= kTrits ? partner - kTrits : partner) * kTritWords;
    std::uint64_t* to = kept + r * kStateWords + j * kTritWords;
    typename Word::Raw low;
    typename Word::Raw high;
    Word::combine(low, high, Word::load(a), Word::load(a + Word::kWords), Word::load(b), Word::load(b + Word::kWords));
    Word::store(to, low);
    Word::store(to + Word::kWords, high);
  }

  // The first lane whose hash ends in enough zeros, or kLanes.
  static std::size_t lane_found(const std::uint64_t* start, std::uint64_t* work, int min_weight_magnitude) {
    walk_rounds<Word, kDepth>(start, work, kKeptRounds, kSearchRounds - kDepth);
    const unsigned wanted = static_cast<unsigned>(min_weight_magnitude);
    const unsigned computed = wanted < kLag ? kLag : wanted;
    const unsigned stride = kStrides.of_round[kSearchRounds];
    Walk<Word, kDepth>::run(work, work, stride, kHashEnd - computed, computed);
    std::uint64_t found[Word::kWords];
    for (std::uint64_t& word : found) word = ~std::uint64_t{0};
    for (unsigned t = kHashEnd - wanted; t < kHashEnd; ++t) {
      const std::uint64_t* trit = work + stride * t % kTrits * kTritWords;
      for (std::size_t w = 0; w < Word::kWords; ++w) found[w] &= trit[w] & trit[Word::kWords + w];
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if ((found[lane / 64] >> (lane % 64) & 1) != 0) return lane;
    }
    return kLanes;
  }
};

}  // namespace
}  // namespace glucoledger::crypto::simd
