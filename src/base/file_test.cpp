#include "base/file.h"

#include <gtest/gtest.h>

#include "base/test_clock.h"
#include "base/test_folder.h"

namespace glucoledger::base {
namespace {

class FileLockTest : public testing::Test {
 protected:
  TestFolder folder_;
  std::filesystem::path path_ = folder_ / "lock";
  TestClock clock_;
};

TEST_F(FileLockTest, IsBusyWhereAnotherHoldsIt) {
  const auto held = FileLock::acquire(path_, 0);
  ASSERT_TRUE(held);
  EXPECT_EQ(FileLock::acquire(path_, 0).error().code, ErrorCode::kBusy);
}

TEST_F(FileLockTest, IsFreeAgainWhenItsHolderGoes) {
  { ASSERT_TRUE(FileLock::acquire(path_, 0)); }
  EXPECT_TRUE(FileLock::acquire(path_, 0));
}

// A pause may take longer than was asked for: what counts is the time that has passed.
TEST_F(FileLockTest, WaitsAsLongAsAskedByTheSteadyClock) {
  const auto held = FileLock::acquire(path_, 0);
  const auto start_ms = clock_.steady_ms();
  clock_.on_wait([&](std::int64_t) { clock_.advance_ms(7); });
  EXPECT_EQ(FileLock::acquire(path_, 60'000, {}, FileLock::Mode::kExclusive, clock_).error().code, ErrorCode::kBusy);
  EXPECT_GE(clock_.steady_ms() - start_ms, 60'000);
  EXPECT_LE(clock_.steady_ms() - start_ms, 60'050);
}

TEST_F(FileLockTest, TakesItsTurn) {
  auto held = std::optional(FileLock::acquire(path_, 0));
  clock_.on_wait([&](std::int64_t) { held.reset(); });
  EXPECT_TRUE(FileLock::acquire(path_, 60'000, {}, FileLock::Mode::kExclusive, clock_));
}

TEST_F(FileLockTest, StopsWaitingOnceCancelled) {
  const auto held = FileLock::acquire(path_, 0);
  CancelSource source;
  clock_.on_wait([&](std::int64_t) { source.trip(); });
  EXPECT_EQ(FileLock::acquire(path_, 60'000, source.token(), FileLock::Mode::kExclusive, clock_).error().code,
            ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace glucoledger::base
