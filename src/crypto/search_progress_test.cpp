#include "crypto/search_progress.h"

#include <gtest/gtest.h>

#include "crypto/proof_of_work.h"

namespace glucoledger::crypto {
namespace {

using std::chrono::milliseconds;

TEST(SearchProgress, ExpectsAsManyHashesAsZerosAreRare) {
  EXPECT_EQ(expected_hashes(0), 1);
  EXPECT_EQ(expected_hashes(9), 19'683);
  EXPECT_EQ(expected_hashes(14), 4'782'969);
}

TEST(SearchProgress, TellsNothingBeforeItWasToldTwice) {
  SearchProgress progress(14, 1);
  EXPECT_EQ(progress.time_left(), "");
  progress.tried(1'000'000);
  EXPECT_EQ(progress.time_left(), "");
}

TEST(SearchProgress, CountsTheTimeInsideSearchesOnly) {
  const SearchProgress::Clock::time_point start{};
  SearchProgress progress(14, 3);
  progress.tried(100'000, start);
  progress.tried(1'100'000, start + milliseconds(1000));
  EXPECT_EQ(progress.time_left(), "about 14 s left");  // 3 x 4.78 s at a million a second
  progress.tried(2'100'000, start + milliseconds(2000));
  EXPECT_EQ(progress.time_left(), "about 14 s left");
  progress.search_done();
  EXPECT_EQ(progress.time_left(), "about 10 s left");
  progress.tried(100'000, start + milliseconds(60'000));  // the network took long
  progress.tried(1'100'000, start + milliseconds(61'000));
  EXPECT_EQ(progress.time_left(), "about 10 s left");
  progress.search_done();
  EXPECT_EQ(progress.time_left(), "about 5 s left");
}

TEST(SearchProgress, TellsTimeInTheUnitThatSuits) {
  EXPECT_EQ(time_left_text(0), "about 1 s left");
  EXPECT_EQ(time_left_text(0.4), "about 1 s left");
  EXPECT_EQ(time_left_text(90), "about 90 s left");
  EXPECT_EQ(time_left_text(150), "about 3 min left");
  EXPECT_EQ(time_left_text(3 * 3600), "about 3 h left");
  EXPECT_EQ(time_left_text(86'400 * 30.0), "about 30 days left");
  EXPECT_EQ(time_left_text(1e30), "more than a million days left");
}

}  // namespace
}  // namespace glucoledger::crypto
