// Zeroed 64-bit words on a 64-byte boundary, for lane states; wiped when they go, since they may hold keys.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace glucoledger::crypto::simd {

class LaneBuffer {
 public:
  explicit LaneBuffer(std::size_t words) : words_(words), data_(new (std::align_val_t{64}) std::uint64_t[words]()) {}
  LaneBuffer(LaneBuffer&& other) noexcept
      : words_(std::exchange(other.words_, 0)), data_(std::exchange(other.data_, nullptr)) {}
  LaneBuffer(const LaneBuffer&) = delete;
  LaneBuffer& operator=(const LaneBuffer&) = delete;
  LaneBuffer& operator=(LaneBuffer&&) = delete;
  ~LaneBuffer() {
    if (data_ == nullptr) return;
    sodium_memzero(data_, words_ * sizeof(std::uint64_t));
    ::operator delete[](data_, std::align_val_t{64});
  }
  std::uint64_t* data() { return data_; }
  const std::uint64_t* data() const { return data_; }
  std::size_t size() const { return words_; }

 private:
  std::size_t words_;
  std::uint64_t* data_;
};

}  // namespace glucoledger::crypto::simd
