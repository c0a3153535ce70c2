#include "exchange/fetch_state.h"

#include <gtest/gtest.h>

#include "base/error_table.h"

namespace glucoledger::exchange {
namespace {

TEST(FetchState, IsDecidedForEveryError) {
  for (const auto& row : base::kErrorTable) {
    const auto state = fetch_state_of(row.code);
    const bool of_this_home =
        row.code == ErrorCode::kFailed || row.code == ErrorCode::kUsage || row.code == ErrorCode::kInterrupted;
    EXPECT_EQ(state.has_value(), !of_this_home) << row.name;
    if (!state) continue;
    EXPECT_TRUE(*state == FetchState::kPruned || *state == FetchState::kUnreachable || *state == FetchState::kCorrupt)
        << row.name;
  }
}

// "Never seen" of a file that the patient announced is the store's loss.
TEST(FetchState, TellsALossFromASilence) {
  EXPECT_EQ(fetch_state_of(ErrorCode::kNotFound), FetchState::kPruned);
  EXPECT_EQ(fetch_state_of(ErrorCode::kPruned), FetchState::kPruned);
  EXPECT_EQ(fetch_state_of(ErrorCode::kBusy), FetchState::kUnreachable);
  EXPECT_EQ(fetch_state_of(ErrorCode::kNewerFormat), FetchState::kCorrupt);
}

}  // namespace
}  // namespace glucoledger::exchange
