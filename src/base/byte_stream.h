// Streams of bytes as functions: a source that gives, a sink that takes. What passes through is never held as a whole.
//
// An error of a source or sink ends the work and is handed on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>

#include "base/bytes.h"

namespace glucoledger::base {

// Fills as much of `buffer` as it can; less than all of it means that the end was reached.
using ByteReader = std::function<Result<std::size_t>(std::span<std::uint8_t> buffer)>;
using ByteWriter = std::function<Result<void>(ByteView bytes)>;

// The bytes must outlive the reader.
inline ByteReader reader_of(ByteView bytes) {
  return [rest = bytes](std::span<std::uint8_t> buffer) mutable -> Result<std::size_t> {
    const auto taken = rest.first(std::min(rest.size(), buffer.size()));
    std::copy(taken.begin(), taken.end(), buffer.begin());
    rest = rest.subspan(taken.size());
    return taken.size();
  };
}

// Appends; `out` must outlive the writer.
inline ByteWriter writer_to(Bytes& out) {
  return [&out](ByteView bytes) -> Result<void> {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return {};
  };
}

}  // namespace glucoledger::base
