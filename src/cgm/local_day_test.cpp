#include "cgm/local_day.h"

#include <gtest/gtest.h>

#include "base/wall_time.h"

namespace glucoledger::cgm {
namespace {

TEST(LocalDay, FollowsTheWallClockOfTheReading) {
  const std::int64_t half_past_midnight_in_berlin = 1'433'543'400'000;  // 2015-06-05T22:30:00Z
  EXPECT_EQ(local_day(half_past_midnight_in_berlin, 120), "2015-06-06");
  EXPECT_EQ(local_day(half_past_midnight_in_berlin, 0), "2015-06-05");
  EXPECT_EQ(local_day(-1, 0), "1969-12-31");
}

TEST(LocalDay, KnowsOnlyDaysOfTheCalendar) {
  EXPECT_EQ(days_since_epoch("1970-01-02"), 1);
  EXPECT_EQ(days_since_epoch("2024-02-29"), 19'782);
  for (const char* wrong : {"2023-02-29", "2023-13-01", "2023-1-01", "2023-01-1x", "", "20230101", "2023/01/01"}) {
    EXPECT_EQ(days_since_epoch(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(base::day_text(19'782), "2024-02-29");
}

TEST(LocalDay, WindowsFollowTheCalendar) {
  EXPECT_EQ(window_of("2015-06-06", Window::kDay), "2015-06-06");
  EXPECT_EQ(window_of("2015-06-06", Window::kWeek), "2015-W23");
  EXPECT_EQ(window_of("2021-01-03", Window::kWeek), "2020-W53");
  EXPECT_EQ(window_of("2024-12-30", Window::kWeek), "2025-W01");
  EXPECT_EQ(window_of("2015-06-06", Window::kMonth), "2015-06");
  EXPECT_EQ(window_of("2015-06-30", Window::kQuarter), "2015-Q2");
  EXPECT_EQ(window_of("2015-07-01", Window::kQuarter), "2015-Q3");
  EXPECT_EQ(window_of("2015-07-01", Window::kRealtime), "");
}

}  // namespace
}  // namespace glucoledger::cgm
