#include "ledger/min_weight_magnitude.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace glucoledger::ledger {
namespace {

constexpr int kMax = base::limits::kMinWeightMagnitudeMax;

TEST(MinWeightMagnitude, IsBounded) {
  EXPECT_FALSE(is_min_weight_magnitude(0));
  EXPECT_TRUE(is_min_weight_magnitude(1));
  EXPECT_TRUE(check_min_weight_magnitude(kMax));
  EXPECT_EQ(check_min_weight_magnitude(kMax + 1).error().code, ErrorCode::kUsage);
}

TEST(MinWeightMagnitude, IsTheOneThatWasAskedFor) {
  EXPECT_TRUE(check_same_weight(9, {}));
  EXPECT_TRUE(check_same_weight(9, 9));
  EXPECT_EQ(check_same_weight(9, 14).error().code, ErrorCode::kUsage);
}

TEST(MinWeightMagnitude, MayBeRaisedNotLowered) {
  EXPECT_EQ(weight_to_attach(9, {}), 9);
  EXPECT_EQ(weight_to_attach(9, 14), 14);
  EXPECT_EQ(weight_to_attach(9, 8).error().code, ErrorCode::kUsage);
  EXPECT_EQ(weight_to_attach(9, kMax + 1).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace glucoledger::ledger
