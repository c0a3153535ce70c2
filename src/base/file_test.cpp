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

class FileBesideTest : public testing::Test {
 protected:
  std::string content() const { return read_file(place_, 100).value_or("none"); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }
  TestFolder folder_;
  std::filesystem::path place_ = folder_ / "file";
};

TEST_F(FileBesideTest, IsThereWholeOrNotAtAll) {
  {
    auto file = FileBeside::create(place_, 0600).value();
    ASSERT_TRUE(write_all(file.descriptor(), as_bytes("one")));
    EXPECT_EQ(content(), "none");
  }
  EXPECT_EQ(files(), 0u);
  EXPECT_TRUE(write_file_atomic(place_, as_bytes("two"), 0600));
  EXPECT_TRUE(write_file_atomic(place_, as_bytes("three"), 0600));
  EXPECT_EQ(write_new_file(place_, as_bytes("four")).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(content(), "three");
  auto late = FileBeside::create(place_, 0600).value();
  EXPECT_EQ(late.place().error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(std::filesystem::status(place_).permissions(), std::filesystem::perms(0600));
}

TEST_F(FileBesideTest, ALinkInItsPlaceIsReplacedAndNotFollowed) {
  const auto other = folder_ / "other";
  ASSERT_TRUE(write_new_file(other, as_bytes("of others")));
  std::filesystem::create_symlink(other, place_);
  EXPECT_TRUE(write_file_atomic(place_, as_bytes("ours"), 0600));
  EXPECT_EQ(read_file(other, 100), "of others");
  EXPECT_EQ(content(), "ours");
  EXPECT_FALSE(std::filesystem::is_symlink(place_));
}

TEST_F(FileBesideTest, IsRefusedWhereEveryoneMayPutAnotherInItsPlace) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
  EXPECT_EQ(write_file_atomic(place_, as_bytes("x"), 0600).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(write_new_file(place_, as_bytes("x")).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(files(), 0u);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(01777));  // as /tmp has it
  EXPECT_TRUE(write_file_atomic(place_, as_bytes("x"), 0600));
}

}  // namespace
}  // namespace glucoledger::base
