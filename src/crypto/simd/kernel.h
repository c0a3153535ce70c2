// The kernels of Curl-P: the same hash in portable C++, for AVX2 and for AVX-512, and the choice among them.
//
// The best one that this CPU has and that passes its self-test is chosen once, when first asked for (under 1 ms).
// GLUCOLEDGER_KERNEL=portable|avx2|avx512 forces one; programs ask refused_kernel() first and do not start with a name
// that cannot be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/links.h"

namespace glucoledger::crypto::simd {

inline constexpr std::size_t kStateTrits = 729;
inline constexpr std::size_t kPaddedStateTrits = 768;

// One step of a search for a nonce: all values of the nonce's first 6 trits that tell the lanes apart, times all of the
// next 3. Lane l counts as its digits base 3 less one, least significant first; the second number counts in a Gray
// code: from one value to the next only one of its trits changes.
inline constexpr std::size_t kSearchLaneTrits = 6;
inline constexpr std::size_t kSearchInnerTrits = 3;
inline constexpr std::size_t kSearchInner = 27;
inline constexpr std::size_t kSearchNonceAt = 162;  // where the nonce stands in the last block
struct SearchHit {
  bool found = false;
  std::size_t inner = 0;
  std::size_t lane = 0;
};
constexpr std::int8_t search_inner_trit(std::size_t inner, std::size_t index) {
  for (; index > 0; --index) inner /= 3;
  return static_cast<std::int8_t>(static_cast<int>((inner + 2 * (inner / 3)) % 3) - 1);  // digit less the next one
}
void write_search_digits(const SearchHit& hit, std::int8_t* nonce);

struct Kernel {
  const char* name;
  bool (*runs_here)();
  // One state of 729 trits, in place; `state` has 768, of which the last 39 are 0. 27 or 81 rounds.
  void (*transform)(std::int8_t* state, int rounds);
  // Of `count` inputs of `length` trits, one behind the other, the hashes of 243 trits, likewise. 27 or 81 rounds.
  void (*hash)(const std::int8_t* inputs, std::size_t length, std::size_t count, int rounds, std::int8_t* hashes);
  // Each of `count` links becomes Curl-P-27 of it.
  void (*hash_links)(Link* links, std::size_t count);
  std::size_t search_lanes;
  std::size_t search_scratch_words;  // a LaneBuffer's
  // `state`: 729 trits with the last block written over the rate and not yet transformed.
  SearchHit (*search)(const std::int8_t* state, int min_weight_magnitude, std::uint64_t* scratch);
};

const Kernel& kernel();  // the one in use

// Of this build, best last; those of them that run on this CPU and pass the self-test.
std::span<const Kernel* const> kernels();
bool is_usable(const Kernel& kernel);
std::string usable_kernel_names();  // "portable avx2"
// What GLUCOLEDGER_KERNEL asks for, if it cannot be had: unknown, not for this CPU, or wrong.
std::optional<std::string> refused_kernel();
// For tests and `bench --kernel`, before other threads hash. False, without effect, when there is no usable such one.
bool use_kernel(std::string_view name);
// For tests that watch or count what a kernel does. It must stay where it is.
bool use_kernel(const Kernel& kernel);

extern const Kernel kPortableKernel;
#if defined(__x86_64__)
extern const Kernel kAvx2Kernel;
extern const Kernel kAvx512Kernel;
#endif

}  // namespace glucoledger::crypto::simd
