// Where each field of a transaction stands, in trytes. Source: @iota/transaction-converter.
#pragma once

#include <cstddef>

namespace glucoledger::ledger::fields {

struct Field {
  std::size_t offset;
  std::size_t length;
};

inline constexpr Field kSignatureMessageFragment{0, 2187};
inline constexpr Field kAddress{2187, 81};
inline constexpr Field kValue{2268, 27};
inline constexpr Field kObsoleteTag{2295, 27};
inline constexpr Field kTimestamp{2322, 9};
inline constexpr Field kCurrentIndex{2331, 9};
inline constexpr Field kLastIndex{2340, 9};
inline constexpr Field kEssence{2187, 162};  // from the address to the last index
inline constexpr Field kBundle{2349, 81};
inline constexpr Field kTrunk{2430, 81};
inline constexpr Field kBranch{2511, 81};
inline constexpr Field kTag{2592, 27};
inline constexpr Field kAttachmentTimestamp{2619, 9};
inline constexpr Field kAttachmentTimestampLowerBound{2628, 9};
inline constexpr Field kAttachmentTimestampUpperBound{2637, 9};
inline constexpr Field kNonce{2646, 27};

}  // namespace glucoledger::ledger::fields
