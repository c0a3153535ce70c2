#include "crypto/simd/kernel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

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
    for (std::size_t i = 0; i < kStateTrits; ++i) {
      const int a = old[index];
      index = index < 365 ? index + 364 : index - 365;
      const int row = a + 4 * old[index] + 5;
      state[i] = kTable[static_cast<std::size_t>(row)];
    }
  }
  return state;
}

State example(std::uint32_t random) {
  State state{};
  for (std::size_t i = 0; i < kStateTrits; ++i) {
    random = random * 1664525 + 1013904223;
    state[i] = static_cast<std::int8_t>(static_cast<int>((random >> 16) % 3) - 1);
  }
  return state;
}

// With zeros behind the first 243.
State as_link(State state) {
  std::fill(state.begin() + kHashTrits, state.end(), std::int8_t{0});
  return state;
}

struct Examples {
  State a = example(27);
  State link_a = as_link(a);
  State link_b = as_link(example(81));
  State a_27 = transform_by_the_book(a, 27);
  State a_81 = transform_by_the_book(a, 81);
  State link_a_27 = transform_by_the_book(link_a, 27);
  State link_b_27 = transform_by_the_book(link_b, 27);
};

bool links_are_right(const Kernel& kernel, const Examples& examples) {
  constexpr std::size_t kCount = 7;
  const auto link_of = [](const State& state) { return pack_link(std::span(state).first(kHashTrits)); };
  std::array<Link, kCount> links;
  for (std::size_t k = 0; k < kCount; ++k) links[k] = link_of(k % 2 == 0 ? examples.link_a : examples.link_b);
  kernel.hash_links(links.data(), links.size());
  const Link hash_a = link_of(examples.link_a_27);
  const Link hash_b = link_of(examples.link_b_27);
  for (std::size_t k = 0; k < kCount; ++k) {
    if (links[k] != (k % 2 == 0 ? hash_a : hash_b)) return false;
  }
  return true;
}

bool hashes_are_right(const Kernel& kernel, const Examples& examples) {
  constexpr std::size_t kCount = 7;
  std::array<std::int8_t, kCount * kHashTrits> inputs;
  std::array<std::int8_t, kCount * kHashTrits> hashes{};
  std::array<std::int8_t, kCount * kHashTrits> expected;
  for (std::size_t k = 0; k < kCount; ++k) {
    std::copy_n(k % 2 == 0 ? examples.link_a.begin() : examples.link_b.begin(), kHashTrits, &inputs[k * kHashTrits]);
    const State& hash = k % 2 == 0 ? examples.link_a_27 : examples.link_b_27;
    std::copy_n(hash.begin(), kHashTrits, &expected[k * kHashTrits]);
  }
  kernel.hash(inputs.data(), kHashTrits, kCount, 27, hashes.data());
  return hashes == expected;
}

bool search_is_right(const Kernel& kernel, const Examples& examples) {
  constexpr int kMagnitude = 4;
  LaneBuffer scratch(kernel.search_scratch_words);
  const auto hit = kernel.search(examples.a.data(), kMagnitude, scratch.data());
  if (!hit.found || hit.inner >= kSearchInner || hit.lane >= kernel.search_lanes) return false;
  State state = examples.a;
  write_search_digits(hit, state.data() + kSearchNonceAt);
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
  return hashes_are_right(kernel, examples) && links_are_right(kernel, examples) && search_is_right(kernel, examples);
}

const Kernel* find_usable(std::string_view name) {
  const auto found = std::find_if(kKernels.begin(), kKernels.end(), [&](auto* kernel) { return kernel->name == name; });
  return found != kKernels.end() && is_usable(**found) ? *found : nullptr;
}

// Empty when nothing is asked for.
std::string_view wanted_name() {
  const char* name = std::getenv("GLUCOLEDGER_KERNEL");
  return name != nullptr ? name : "";
}

const Kernel* choose() {
  if (const Kernel* wanted = find_usable(wanted_name())) return wanted;
  const auto best = std::find_if(kKernels.rbegin(), kKernels.rend(), [](auto* kernel) { return is_usable(*kernel); });
  GL_ASSERT(best != kKernels.rend());  // not even the portable one: the build is broken
  return *best;
}

std::atomic<const Kernel*>& chosen() {
  static std::atomic<const Kernel*> kernel = choose();
  return kernel;
}

}  // namespace

void write_search_digits(const SearchHit& hit, std::int8_t* nonce) {
  std::size_t lane = hit.lane;
  for (std::size_t i = 0; i < kSearchLaneTrits; ++i, lane /= 3) {
    nonce[i] = static_cast<std::int8_t>(static_cast<int>(lane % 3) - 1);
  }
  for (std::size_t i = 0; i < kSearchInnerTrits; ++i) nonce[kSearchLaneTrits + i] = search_inner_trit(hit.inner, i);
}

const Kernel& kernel() {
  return *chosen().load(std::memory_order_relaxed);
}

std::span<const Kernel* const> kernels() {
  return kKernels;
}

bool is_usable(const Kernel& kernel) {
  return kernel.runs_here() && passes_self_test(kernel);
}

std::string usable_kernel_names() {
  std::string names;
  for (const Kernel* kernel : kKernels) {
    if (is_usable(*kernel)) names += std::string(names.empty() ? "" : " ") + kernel->name;
  }
  return names;
}

std::optional<std::string> refused_kernel() {
  const std::string_view name = wanted_name();
  if (name.empty() || find_usable(name) != nullptr) return std::nullopt;
  return std::string(name);
}

bool use_kernel(std::string_view name) {
  const Kernel* wanted = find_usable(name);
  return wanted != nullptr && use_kernel(*wanted);
}

bool use_kernel(const Kernel& kernel) {
  const bool usable = is_usable(kernel);
  if (usable) chosen().store(&kernel, std::memory_order_relaxed);
  return usable;
}

}  // namespace glucoledger::crypto::simd
