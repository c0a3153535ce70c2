#include "crypto/simd/kernel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include "crypto/curl_permutation.h"
#include "crypto/simd/lane_buffer.h"

namespace glucoledger::crypto::simd {
namespace {

#if defined(__x86_64__)
constexpr std::array<const Kernel*, 3> kKernels = {&kPortableKernel, &kAvx2Kernel, &kAvx512Kernel};
#else
constexpr std::array<const Kernel*, 1> kKernels = {&kPortableKernel};
#endif

using State = std::array<std::int8_t, kPaddedStateTrits>;

// The round as the format's description has it; what every kernel is measured against.
State transform_by_the_book(const State& start, int rounds) {
  constexpr std::array<std::int8_t, 11> kTable = {1, 0, -1, 2, 1, -1, 0, 2, -1, 1, 0};
  State state = start;
  for (int r = 0; r < rounds; ++r) {
    const State old = state;
    std::size_t index = 0;
    for (std::size_t i = 0; i < kLaneStateTrits; ++i) {
      const int a = old[index];
      index = index < 365 ? index + 364 : index - 365;
      state[i] = kTable[static_cast<std::size_t>(a + 4 * old[index] + 5)];
    }
  }
  return state;
}

State example(std::uint32_t random) {
  State state{};
  for (std::size_t i = 0; i < kLaneStateTrits; ++i) {
    random = random * 1664525 + 1013904223;
    state[i] = static_cast<std::int8_t>(static_cast<int>((random >> 16) % 3) - 1);
  }
  return state;
}

struct Examples {
  State a = example(27);
  State b = example(81);
  State a_27 = transform_by_the_book(a, 27);
  State b_27 = transform_by_the_book(b, 27);
  State a_81 = transform_by_the_book(a, 81);
};

// Half of the lanes, mingled, hash one state and half the other.
bool lanes_are_right(const LaneTransform& lanes, const Examples& examples) {
  constexpr std::uint64_t kLanesOfA = 0x9e3779b97f4a7c15;
  LaneBuffer buffer(lanes.state_words());
  const auto plane = [&](std::size_t position, std::size_t high) {
    return std::span(buffer.data() + (2 * position + high) * lanes.words(), lanes.words());
  };
  const auto wanted = [&](const State& a, const State& b, std::size_t i, std::size_t word, int excluded) {
    const std::uint64_t of_a = kLanesOfA >> word | kLanesOfA << (64 - word) % 64;
    return (a[i] != excluded ? of_a : 0) | (b[i] != excluded ? ~of_a : 0);
  };
  for (std::size_t i = 0; i < kLaneStateTrits; ++i) {
    for (std::size_t w = 0; w < lanes.words(); ++w) {
      plane(i, 0)[w] = wanted(examples.a, examples.b, i, w, 1);
      plane(i, 1)[w] = wanted(examples.a, examples.b, i, w, -1);
    }
  }
  lanes.transform(buffer.data(), 27);
  for (std::size_t i = 0; i < kLaneStateTrits; ++i) {
    for (std::size_t w = 0; w < lanes.words(); ++w) {
      const std::size_t position = kCurlOrderP27.position[i];
      if (plane(position, 0)[w] != wanted(examples.a_27, examples.b_27, i, w, 1)) return false;
      if (plane(position, 1)[w] != wanted(examples.a_27, examples.b_27, i, w, -1)) return false;
    }
  }
  return true;
}

bool search_is_right(const Kernel& kernel, const Examples& examples) {
  constexpr int kMagnitude = 4;
  LaneBuffer scratch(kernel.search_scratch_words);
  const auto hit = kernel.search(examples.a.data(), kMagnitude, scratch.data());
  if (!hit.found || hit.inner >= kSearchInner || hit.lane >= kernel.search_lanes) return false;
  State state = examples.a;
  write_search_digits(hit, std::span(state).subspan(kSearchNonceAt));
  const State hashed = transform_by_the_book(state, 81);
  return std::all_of(hashed.begin() + 243 - kMagnitude, hashed.begin() + 243, [](auto trit) { return trit == 0; });
}

bool passes_self_test(const Kernel& kernel) {
  const Examples examples;
  State state = examples.a;
  kernel.transform(state.data(), 27);
  if (state != examples.a_27) return false;
  state = examples.a;
  kernel.transform(state.data(), 81);
  if (state != examples.a_81) return false;
  for (const auto& lanes : kernel.lane_transforms) {
    if (!lanes_are_right(lanes, examples)) return false;
  }
  return search_is_right(kernel, examples);
}

const Kernel* find_usable(std::string_view name) {
  const auto found = std::find_if(kKernels.begin(), kKernels.end(), [&](auto* kernel) { return kernel->name == name; });
  return found != kKernels.end() && is_usable(**found) ? *found : nullptr;
}

const Kernel* choose() {
  if (const char* name = std::getenv("GLUCOLEDGER_KERNEL")) {
    if (const Kernel* wanted = find_usable(name)) return wanted;
  }
  const auto best = std::find_if(kKernels.rbegin(), kKernels.rend(), [](auto* kernel) { return is_usable(*kernel); });
  GL_ASSERT(best != kKernels.rend());  // not even the portable one: the build is broken
  return *best;
}

std::atomic<const Kernel*>& chosen() {
  static std::atomic<const Kernel*> kernel = choose();
  return kernel;
}

}  // namespace

void write_search_digits(const SearchHit& hit, std::span<std::int8_t> nonce) {
  std::size_t lane = hit.lane;
  for (std::size_t i = 0; i < kSearchLaneTrits; ++i, lane /= 3) {
    nonce[i] = static_cast<std::int8_t>(static_cast<int>(lane % 3) - 1);
  }
  std::size_t inner = hit.inner;
  for (std::size_t i = 0; i < kSearchInnerTrits; ++i, inner /= 3) {
    nonce[kSearchLaneTrits + i] = static_cast<std::int8_t>(static_cast<int>(inner % 3) - 1);
  }
}

const Kernel& kernel() {
  return *chosen().load(std::memory_order_relaxed);
}

const LaneTransform& lane_transform_for(std::size_t lanes) {
  const auto transforms = kernel().lane_transforms;
  const auto found =
      std::find_if(transforms.begin(), transforms.end(), [&](auto& each) { return each.lanes >= lanes; });
  return found != transforms.end() ? *found : transforms.back();
}

std::span<const Kernel* const> kernels() {
  return kKernels;
}

bool is_usable(const Kernel& kernel) {
  return kernel.runs_here() && passes_self_test(kernel);
}

bool use_kernel(std::string_view name) {
  const Kernel* wanted = find_usable(name);
  if (wanted != nullptr) chosen().store(wanted, std::memory_order_relaxed);
  return wanted != nullptr;
}

}  // namespace glucoledger::crypto::simd
