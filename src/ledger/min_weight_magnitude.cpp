#include "ledger/min_weight_magnitude.h"

#include <string>

#include "base/limits.h"

namespace glucoledger::ledger {

using base::limits::kMinWeightMagnitudeMax;

bool is_min_weight_magnitude(int magnitude) {
  return magnitude >= 1 && magnitude <= kMinWeightMagnitudeMax;
}

Result<void> check_min_weight_magnitude(int magnitude) {
  if (is_min_weight_magnitude(magnitude)) return {};
  return fail(ErrorCode::kUsage, "a minimum weight magnitude is 1 to " + std::to_string(kMinWeightMagnitudeMax));
}

Result<void> check_same_weight(int magnitude, std::optional<int> asked) {
  if (!asked || *asked == magnitude) return {};
  return fail(
      ErrorCode::kUsage,
      "this ledger's minimum weight magnitude is " + std::to_string(magnitude) + ", not " + std::to_string(*asked),
      "leave it out, since it counts when a ledger is made; or name another folder for a new ledger");
}

Result<int> weight_to_attach(int magnitude, std::optional<int> wanted) {
  const int weight = wanted.value_or(magnitude);
  if (weight >= magnitude && weight <= kMinWeightMagnitudeMax) return weight;
  return fail(ErrorCode::kUsage, "this ledger's minimum weight magnitude is " + std::to_string(magnitude),
              "it may be raised (at most to " + std::to_string(kMinWeightMagnitudeMax) + "), not lowered");
}

}  // namespace glucoledger::ledger
