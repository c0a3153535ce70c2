// The rules of a minimum weight magnitude (how many zero trits a proof of work ends in), each with its words: kUsage.
#pragma once

#include <optional>

#include "base/result.h"

namespace glucoledger::ledger {

// A ledger may have it: 1 to limits::kMinWeightMagnitudeMax.
bool is_min_weight_magnitude(int magnitude);
Result<void> check_min_weight_magnitude(int magnitude);
// A ledger that has `magnitude` is the one that was asked for.
Result<void> check_same_weight(int magnitude, std::optional<int> asked);
// What a message is attached with: as the ledger asks, or as wanted, which may be more and not less.
Result<int> weight_to_attach(int magnitude, std::optional<int> wanted);

}  // namespace glucoledger::ledger
