// The self-delimiting numbers of MAM ("pascal" coding): groups of 3 trits, least significant first, of which only the
// last is positive, and then one trit a group that together say which groups were negated. 0 is 1, 0, 0, -1.
//
// Here only numbers from 0 on: no client writes others. Groups of 0 are marked as negated by @iota/mam.js and by us,
// and not by @iota/mam: both are read. Source: @iota/mam.js, @iota/mam. Vectors: tests/vectors.
#pragma once

#include <optional>

#include "crypto/trytes.h"

namespace glucoledger::mam {

void append_pascal(std::uint32_t value, crypto::Trits& out);

struct PascalNumber {
  std::uint32_t value;
  std::size_t length_trits;
};
// The number at the beginning, or nothing when there is none.
std::optional<PascalNumber> read_pascal(crypto::TritView trits);

}  // namespace glucoledger::mam
