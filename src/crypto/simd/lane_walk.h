// Bit-sliced Curl-P in fused rounds, over any kind of machine word. Included by the kernel files only.
//
// A round is new[j] = T(old[j], old[j + s]), the distance s being 364^r modulo 729 in round r (curl_permutation.h). As
// 364 = -1/2 modulo 729, the distances of four rounds in a row are -8u, 4u, -2u and u. So visit the trits in steps of
// u, j = u t, and the rounds become
//     a[t] = T(x[t], x[t - 8])   b[t] = T(a[t], a[t + 4])   c[t] = T(b[t], b[t - 2])   d[t] = T(c[t], c[t + 1]):
// short memories that stay in registers (8 + 4 + 2 + 1 trits), with one load and one store a trit for four rounds. A
// CPU with 16 registers takes three rounds at a time, beginning with b. Stores were the bottleneck of a round a pass.
//
// T needs four operations, found by searching all circuits, and two where there is a ternary logic instruction:
//     low = a.high ^ (a.low & ~b.low)    high = a.low ^ (b.high & low).
//
// Like everything that kernel files include this has internal linkage and calls nothing of the standard library: the
// linker must never take a function that was compiled for one CPU into code for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "crypto/simd/strides.h"

namespace glucoledger::crypto::simd {
namespace {

constexpr unsigned kLag = 5;         // the walk reads trit t + 5 when it writes trit t,
constexpr unsigned kFirstRead = 10;  // and begins at trit t - 10

// A Word is one plane of a trit: Word::Raw, kWords, load, store, splat, and combine, which is T; combine_into_second is
// T, too, made to leave its result in the registers of its second trit.
template <class Word, int kDepth>
class Walk {
 public:
  using Raw = typename Word::Raw;
  static_assert(kDepth == 3 || kDepth == 4);

  // The rounds up to the one whose stride is given, for the trits stride * t with t from `first` on, `count` of them
  // (at least 5). `in` may be `out`.
  static void run(const std::uint64_t* in, std::uint64_t* out, unsigned stride, unsigned first, unsigned count) {
    Walk walk(in, out, stride, stride * (first + kTrits - kFirstRead) % kTrits);
    walk.walk(count, std::make_integer_sequence<unsigned, kWarmUp>(), std::make_integer_sequence<unsigned, kLag>(),
              std::make_integer_sequence<unsigned, 8>());
  }

 private:
  // Steps are numbered so that their number modulo 8, 4 and 2 tells the place in each memory. Step kStart + n reads
  // trit first - 10 + n; from step kOutput on there is a result.
  static constexpr unsigned kStart = 6;
  static constexpr unsigned kOutput = kStart + kFirstRead + kLag;
  static constexpr unsigned kWarmUp = kOutput - kStart;

  static constexpr std::ptrdiff_t kTritWords = 2 * Word::kWords;
  static constexpr std::ptrdiff_t kStateWords = kTrits * kTritWords;

  Walk(const std::uint64_t* in, std::uint64_t* out, unsigned stride, unsigned read_at)
      : in_(in), out_(out), stride_(stride * kTritWords), wrapped_stride_(stride_ - kStateWords) {
    at_[kStart % 8] = read_at * kTritWords;
  }

  // The first results wait in registers' memory until the walk, coming round, has read the trits that they replace.
  template <unsigned... kWarm, unsigned... kHeld, unsigned... kLoop>
  [[gnu::always_inline]] void walk(unsigned count, std::integer_sequence<unsigned, kWarm...>,
                                   std::integer_sequence<unsigned, kHeld...>,
                                   std::integer_sequence<unsigned, kLoop...>) {
    std::ptrdiff_t held_at[kLag];
    Raw held_low[kLag];
    Raw held_high[kLag];
    (step<kStart + kWarm>(), ...);
    ((step<kOutput + kHeld>(), held_low[kHeld] = low_, held_high[kHeld] = high_,
      held_at[kHeld] = written_at<kOutput + kHeld>()),
     ...);
    unsigned left = count - kLag;
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
    if constexpr (kDepth == 4 || kStep >= kStart + 8) {
      low_ = Word::load(in_ + at);
      high_ = Word::load(in_ + at + Word::kWords);
      if constexpr (kDepth == 4) remember_second(x_low_[kStep % 8], x_high_[kStep % 8]);
      if constexpr (kStep >= kStart + 8) remember_first(a_low_[kStep % 4], a_high_[kStep % 4]);
      if constexpr (kStep >= kStart + 12) remember_second(b_low_[kStep % 2], b_high_[kStep % 2]);
      if constexpr (kStep >= kStart + 14) remember_first(c_low_, c_high_);
    }
  }
  // The trit in hand goes into the memory, and becomes T of it and of the remembered one.
  [[gnu::always_inline]] void remember_second(Raw& low, Raw& high) {
    const Raw old_low = low;
    const Raw old_high = high;
    low = low_;
    high = high_;
    Word::combine_into_second(low_, high_, low_, high_, old_low, old_high);
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
  Raw x_low_[8]{}, x_high_[8]{};
  Raw a_low_[4]{}, a_high_[4]{};
  Raw b_low_[2]{}, b_high_[2]{};
  Raw c_low_{}, c_high_{};
};

// The rounds after `done`, up to `rounds`, in passes of kDepth and, before them, of three.
template <class Word, int kDepth>
void walk_rounds(const std::uint64_t* in, std::uint64_t* out, unsigned done, unsigned rounds) {
  while ((rounds - done) % kDepth != 0) {
    done += 3;
    Walk<Word, 3>::run(in, out, kStrides.of_round[done], 0, kTrits);
    in = out;
  }
  while (done < rounds) {
    done += kDepth;
    Walk<Word, kDepth>::run(in, out, kStrides.of_round[done], 0, kTrits);
    in = out;
  }
}

}  // namespace
}  // namespace glucoledger::crypto::simd
