// Secrets as undefined bytes: valgrind's memcheck and clang's MemorySanitizer follow such bytes through memory and
// arithmetic, and report every branch and every address that depends on one. The idea is Adam Langley's ctgrind.
#pragma once

#include <cstddef>
#include <vector>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define GLUCOLEDGER_MARKS_BY_MSAN
#endif
#endif

#ifdef GLUCOLEDGER_MARKS_BY_MSAN
#include <sanitizer/msan_interface.h>
#else
#include <valgrind/memcheck.h>
#endif

namespace glucoledger::secrets {

#ifdef GLUCOLEDGER_MARKS_BY_MSAN

constexpr bool kMarksAreKept = false;  // through a multiplication

inline bool is_watched() {
  return true;
}
inline void mark(void* data, std::size_t size) {
  __msan_poison(data, size);
}
inline void unmark(const void* data, std::size_t size) {
  __msan_unpoison(data, size);
}
inline bool is_marked(const void* data, std::size_t size) {
  return __msan_test_shadow(data, size) >= 0;
}

#else

constexpr bool kMarksAreKept = true;

inline bool is_watched() {
  return RUNNING_ON_VALGRIND != 0;
}
inline void mark(void* data, std::size_t size) {
  VALGRIND_MAKE_MEM_UNDEFINED(data, size);
}
inline void unmark(const void* data, std::size_t size) {
  VALGRIND_MAKE_MEM_DEFINED(data, size);
}
inline bool is_marked(const void* data, std::size_t size) {
  std::vector<unsigned char> bits(size);
  VALGRIND_GET_VBITS(data, bits.data(), size);
  for (const unsigned char byte : bits) {
    if (byte != 0) return true;
  }
  return false;
}

#endif

}  // namespace glucoledger::secrets
