// Five rounds at a time, for CPUs with 32 vector registers. Included by the kernel files only; see lane_walk.h.
//
// The distances of five rounds in a row are 16u, -8u, 4u, -2u and u, so in steps of u
//     a[t] = T(x[t], x[t + 16])   b[t] = T(a[t], a[t - 8])   c[t] = T(b[t], b[t + 4])   d[t] = T(c[t], c[t - 2])
//     e[t] = T(d[t], d[t + 1]).
// x[t + 16] is read anew from where it stands: when the walk writes e[t] it reads x[t + 21], and x[t + 5] once more,
// which is still there and in the first cache. The other memories, 8 + 4 + 2 + 1 trits, fill 30 registers.
//
// T is done in place: its result takes the registers of the remembered trit, and the trit in hand is remembered where
// it is. So trits wander through the registers, nothing is moved, and 16 steps later (the order of that permutation)
// each register has its first role again: hence the loop of 16 steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "crypto/simd/lane_walk.h"
#include "crypto/simd/strides.h"

namespace glucoledger::crypto::simd {
namespace {

// Beyond lane_walk.h's a Word has combine_into_second: T, too, leaving its result in the registers of its second trit.
template <class Word>
class FiveRoundWalk {
 public:
  using Raw = typename Word::Raw;
  static constexpr unsigned kRounds = 5;

  // The rounds up to number kRound. `in` may be `out`. The first results wait aside until the walk, coming round, has
  // read the trits that they replace.
  template <unsigned kRound>
  static void run(const std::uint64_t* in, std::uint64_t* out) {
    static constexpr Order kOrder = make_order(kStrides.of_round[kRound]);
    run(in, out, kOrder.at);
  }

 private:
  static constexpr std::size_t kTritWords = 2 * Word::kWords;
  static constexpr unsigned kBlock = 16;
  // Step n writes trit n - kLead, and reads the trits 5 and 21 further on.
  static constexpr unsigned kDelay = 5;
  static constexpr unsigned kReadAhead = 21;
  static constexpr unsigned kPrefetchAhead = kReadAhead + 16;
  static constexpr unsigned kLead = 23;  // 15 until the first result, and 8 to make whole blocks
  static constexpr unsigned kSteps = kLead + kTrits;
  static constexpr unsigned kAsideSteps = 48;
  static_assert(kSteps % kBlock == 0 && kAsideSteps % kBlock == 0 && kAsideSteps >= kLead + kReadAhead);

  // Where the trits of the steps stand, in words.
  struct Order {
    std::uint16_t at[kSteps + kPrefetchAhead];
  };
  static constexpr Order make_order(unsigned stride) {
    Order order{};
    unsigned at = stride * (kTrits - kLead) % kTrits;
    for (auto& place : order.at) {
      place = static_cast<std::uint16_t>(at * kTritWords);
      at = (at + stride) % kTrits;
    }
    return order;
  }
  struct AsideOrder {
    std::uint16_t at[kAsideSteps];
  };
  static constexpr AsideOrder make_aside_order() {
    AsideOrder order{};
    for (unsigned i = 0; i < kAsideSteps; ++i) order.at[i] = static_cast<std::uint16_t>(i * kTritWords);
    return order;
  }

  [[gnu::noinline]] static void run(const std::uint64_t* in, std::uint64_t* out, const std::uint16_t* order) {
    static constexpr AsideOrder kAsideOrder = make_aside_order();
    alignas(64) std::uint64_t aside[kAsideSteps * kTritWords];
    FiveRoundWalk walk;
    walk.steps(in, order, aside, kAsideOrder.at, kAsideSteps);
    walk.steps(in, order + kAsideSteps, out, order + kAsideSteps, kSteps - kAsideSteps);
    for (unsigned n = kLead; n < kAsideSteps; ++n) {
      Word::store(out + order[n], Word::load(aside + n * kTritWords));
      Word::store(out + order[n] + Word::kWords, Word::load(aside + n * kTritWords + Word::kWords));
    }
  }

  [[gnu::always_inline]] void steps(const std::uint64_t* in, const std::uint16_t* order, std::uint64_t* out,
                                    const std::uint16_t* out_order, unsigned count) {
    for (; count > 0; count -= kBlock, order += kBlock, out_order += kBlock) {
      block(in, order, out, out_order, std::make_integer_sequence<unsigned, kBlock>());
    }
  }
  template <unsigned... kStep>
  [[gnu::always_inline]] void block(const std::uint64_t* in, const std::uint16_t* order, std::uint64_t* out,
                                    const std::uint16_t* out_order, std::integer_sequence<unsigned, kStep...>) {
    (step<kStep>(in, order + kStep, out + out_order[kStep]), ...);
  }
  template <unsigned kStep>
  [[gnu::always_inline]] void step(const std::uint64_t* in, const std::uint16_t* order, std::uint64_t* to) {
    const std::uint64_t* soon = in + order[kPrefetchAhead];
    __builtin_prefetch(soon);
    __builtin_prefetch(soon + Word::kWords);
    const std::uint64_t* near = in + order[kDelay];
    const std::uint64_t* far = in + order[kReadAhead];
    Raw low;
    Raw high;
    Word::combine(low, high, Word::load(near), Word::load(near + Word::kWords), Word::load(far),
                  Word::load(far + Word::kWords));
    remember_second<8>(kStep, low, high);
    remember_first<4>(kStep, low, high);
    remember_second<2>(kStep, low, high);
    remember_first<1>(kStep, low, high);
    Word::store(to, low);
    Word::store(to + Word::kWords, high);
  }
  // The trit in hand goes into the memory, and becomes T of it and of the one that was remembered so many steps before.
  template <unsigned kDistance>
  [[gnu::always_inline]] void remember_second(unsigned step, Raw& low, Raw& high) {
    const unsigned place = kDistance + step % kDistance;
    const Raw new_low = low;
    const Raw new_high = high;
    Word::combine_into_second(low, high, new_low, new_high, low_[place], high_[place]);
    low_[place] = new_low;
    high_[place] = new_high;
  }
  // And here T of the remembered one and of it.
  template <unsigned kDistance>
  [[gnu::always_inline]] void remember_first(unsigned step, Raw& low, Raw& high) {
    const unsigned place = kDistance + step % kDistance;
    const Raw new_low = low;
    const Raw new_high = high;
    Word::combine(low, high, low_[place], high_[place], new_low, new_high);
    low_[place] = new_low;
    high_[place] = new_high;
  }

  Raw low_[kBlock]{};  // the memory of the distance d in the places d to 2 d - 1
  Raw high_[kBlock]{};
};

}  // namespace
}  // namespace glucoledger::crypto::simd
