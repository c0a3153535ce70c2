#include "base/wall_time.h"

#include <gtest/gtest.h>

#include "base/durations.h"

namespace glucoledger::base {
namespace {

TEST(WallTime, IsWrittenAsIsoSays) {
  EXPECT_EQ(day_text(0), "1970-01-01");
  EXPECT_EQ(day_text(-1), "1969-12-31");
  EXPECT_EQ(day_text(16'592), "2015-06-06");
  EXPECT_EQ(wall_time_text(0), "1970-01-01T00:00:00");
  EXPECT_EQ(wall_time_text(-1), "1969-12-31T23:59:59.999");
  EXPECT_EQ(wall_time_text(-kDayMs), "1969-12-31T00:00:00");
  EXPECT_EQ(wall_time_text(16'592 * kDayMs + 16 * kHourMs + 50 * kMinuteMs + 27'120), "2015-06-06T16:50:27.120");
  EXPECT_EQ(wall_time_text(27'000, true), "1970-01-01T00:00:27.000");
}

TEST(WallTime, WritesOffsets) {
  EXPECT_EQ(offset_text(0), "+00:00");
  EXPECT_EQ(offset_text(120), "+02:00");
  EXPECT_EQ(offset_text(-210), "-03:30");
}

}  // namespace
}  // namespace glucoledger::base
