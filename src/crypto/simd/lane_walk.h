// Bit-sliced Curl-P in fused rounds, over any kind of machine word. Included by the kernel files only.
//
// A round is new[j] = T(old[j], old[j + s]), the distance s being 364^r modulo 729 in round r (curl_permutation.h). As
// 364 = -1/2 modulo 729, the distances of three rounds in a row are 4u, -2u and u. So visit the trits in steps of u,
// j = u t, and the rounds become
//     a[t] = T(x[t], x[t + 4])   b[t] = T(a[t], a[t - 2])   c[t] = T(b[t], b[t + 1]):
// short memories that stay in registers (4 + 2 + 1 trits), with one load and one store a trit for three rounds, which
// is what 16 registers hold; five_round_walk.h is for 32. Stores were the bottleneck of a round a pass.
//
// T needs four operations, found by searching all circuits, and two where there is a ternary logic instruction:
//     low = a.high ^ (a.low & ~b.low)    high = a.low ^ (b.high & low).
//
// Like everything that kernel files include this has internal linkage, or is always inlined, and calls nothing of the
// standard library: the linker must never take a function that was compiled for one CPU into code for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "crypto/simd/strides.h"

namespace glucoledger::crypto::simd {
namespace {

// A Word is one plane of a trit: Word::Raw, kWords, load, store, splat, and combine, which is T.
template <class Word>
class ThreeRoundWalk {
 public:
  using Raw = typename Word::Raw;
  static constexpr unsigned kRounds = 3;

  // The rounds up to number kRound. `in` may be `out`.
  template <unsigned kRound>
  static void run(const std::uint64_t* in, std::uint64_t* out) {
    run(in, out, kStrides.of_round[kRound]);
  }

 private:
  // The step that reads trit t writes trit t - 5. Steps are numbered so that their number modulo 8, 4 and 2 tells the
  // place in each memory; step kStart + n reads trit n - 2, and from step kOutput on there is a result.
  static constexpr unsigned kLag = 5;
  static constexpr unsigned kFirstRead = 2;
  static constexpr unsigned kStart = 6;
  static constexpr unsigned kOutput = kStart + kFirstRead + kLag;
  static constexpr std::ptrdiff_t kTritWords = 2 * Word::kWords;
  static constexpr std::ptrdiff_t kStateWords = kTrits * kTritWords;

  [[gnu::noinline]] static void run(const std::uint64_t* in, std::uint64_t* out, unsigned stride) {
    ThreeRoundWalk walk(in, out, stride);
    walk.walk(std::make_integer_sequence<unsigned, kOutput - kStart>(), std::make_integer_sequence<unsigned, kLag>(),
              std::make_integer_sequence<unsigned, 8>());
  }

  ThreeRoundWalk(const std::uint64_t* in, std::uint64_t* out, unsigned stride)
      : in_(in), out_(out), stride_(stride * kTritWords), wrapped_stride_(stride_ - kStateWords) {
    at_[kStart % 8] = stride * (kTrits - kFirstRead) % kTrits * kTritWords;
  }

  // The first results wait in registers' memory until the walk, coming round, has read the trits that they replace.
  template <unsigned... kWarm, unsigned... kHeld, unsigned... kLoop>
  [[gnu::always_inline]] void walk(std::integer_sequence<unsigned, kWarm...>, std::integer_sequence<unsigned, kHeld...>,
                                   std::integer_sequence<unsigned, kLoop...>) {
    std::ptrdiff_t held_at[kLag];
    Raw held_low[kLag];
    Raw held_high[kLag];
    (step<kStart + kWarm>(), ...);
    ((step<kOutput + kHeld>(), held_low[kHeld] = low_, held_high[kHeld] = high_,
      held_at[kHeld] = written_at<kOutput + kHeld>()),
     ...);
    unsigned left = kTrits - kLag;
    for (; left >= 8; left -= 8) ((step_and_write<kOutput + kLag + kLoop>()), ...);
    static_cast<void>(((left > kLoop && (step_and_write<kOutput + kLag + kLoop>(), true)) && ...));
    (write(held_at[kHeld], held_low[kHeld], held_high[kHeld]), ...);
  }
  // Where the result of a step belongs: where the step five before it read.
  template <unsigned kStep>
  [[gnu::always_inline]] std::ptrdiff_t written_at() const {
    return at_[(kStep - kLag) % 8];
  }
  [[gnu::always_inline]] void write(std::ptrdiff_t at, Raw low, Raw high) {
    Word::store(out_ + at, low);
    Word::store(out_ + at + Word::kWords, high);
  }
  template <unsigned kStep>
  [[gnu::always_inline]] void step_and_write() {
    step<kStep>();
    write(written_at<kStep>(), low_, high_);
  }

  template <unsigned kStep>
  [[gnu::always_inline]] void step() {
    const std::ptrdiff_t at = at_[kStep % 8];
    const std::ptrdiff_t wrapped = at + wrapped_stride_;
    at_[(kStep + 1) % 8] = wrapped < 0 ? at + stride_ : wrapped;
    low_ = Word::load(in_ + at);
    high_ = Word::load(in_ + at + Word::kWords);
    remember_first(x_low_[kStep % 4], x_high_[kStep % 4]);
    if constexpr (kStep >= kStart + 4) remember_second(a_low_[kStep % 2], a_high_[kStep % 2]);
    if constexpr (kStep >= kStart + 6) remember_first(b_low_, b_high_);
  }
  // The trit in hand goes into the memory, and becomes T of it and of the remembered one.
  [[gnu::always_inline]] void remember_second(Raw& low, Raw& high) {
    const Raw old_low = low;
    const Raw old_high = high;
    low = low_;
    high = high_;
    Word::combine(low_, high_, low_, high_, old_low, old_high);
  }
  // And here T of the remembered one and of it.
  [[gnu::always_inline]] void remember_first(Raw& low, Raw& high) {
    const Raw new_low = low_;
    const Raw new_high = high_;
    Word::combine(low_, high_, low, high, new_low, new_high);
    low = new_low;
    high = new_high;
  }

  const std::uint64_t* in_;
  std::uint64_t* out_;
  std::ptrdiff_t stride_, wrapped_stride_;  // in words
  std::ptrdiff_t at_[8]{};                  // where the last steps read
  Raw low_{}, high_{};
  Raw x_low_[4]{}, x_high_[4]{};
  Raw a_low_[2]{}, a_high_[2]{};
  Raw b_low_{}, b_high_{};
};

// The rounds after kDone, up to kRounds.
template <class Walk, unsigned kDone, unsigned kRounds>
[[gnu::always_inline]] inline void walk_rounds(const std::uint64_t* in, std::uint64_t* out) {
  static_assert((kRounds - kDone) % Walk::kRounds == 0);
  if constexpr (kDone < kRounds) {
    Walk::template run<kDone + Walk::kRounds>(in, out);
    walk_rounds<Walk, kDone + Walk::kRounds, kRounds>(out, out);
  }
}

}  // namespace
}  // namespace glucoledger::crypto::simd
