// Expected offsets: tzdata's rules for Europe/Berlin and America/New_York, as zdump prints them.
#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace glucoledger::base {
namespace {

constexpr std::int64_t kOctober27Of2024S = 1'729'987'200;  // 2024-10-27T00:00:00
constexpr std::int64_t kMarch31Of2024S = 1'711'843'200;    // 2024-03-31T00:00:00

TEST(TimeZone, tells_the_repeated_hour) {
  const auto berlin = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  const auto before = berlin->resolve(kOctober27Of2024S + 7199);
  EXPECT_EQ(before.kind, TimeZone::LocalKind::kUnique);
  EXPECT_EQ(before.offset_before_minutes, 120);
  const auto repeated = berlin->resolve(kOctober27Of2024S + 7200);
  EXPECT_EQ(repeated.kind, TimeZone::LocalKind::kAmbiguous);
  EXPECT_EQ(repeated.offset_before_minutes, 120);
  EXPECT_EQ(repeated.offset_after_minutes, 60);
  EXPECT_EQ(berlin->resolve(kOctober27Of2024S + 10'800).offset_before_minutes, 60);
}

TEST(TimeZone, tells_the_missing_hour) {
  const auto berlin = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  const auto missing = berlin->resolve(kMarch31Of2024S + 9000);
  EXPECT_EQ(missing.kind, TimeZone::LocalKind::kNonexistent);
  EXPECT_EQ(missing.offset_before_minutes, 60);
  EXPECT_EQ(missing.offset_after_minutes, 120);
}

TEST(TimeZone, gives_the_offset_of_an_instant) {
  const auto new_york = TimeZone::find("America/New_York");
  ASSERT_TRUE(new_york);
  EXPECT_EQ(new_york->offset_minutes_at(1'730'613'599), -240);  // 2024-11-03T05:59:59Z
  EXPECT_EQ(new_york->offset_minutes_at(1'730'613'600), -300);
  EXPECT_EQ(new_york->offset_minutes_at(1'720'000'000), -240);
}

TEST(TimeZone, survives_times_beyond_any_calendar) {
  const auto berlin = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  for (const std::int64_t time : {INT64_MIN, INT64_MAX, std::int64_t{-5'000'000'000}}) {
    berlin->resolve(time);
    berlin->offset_minutes_at(time);
  }
}

TEST(TimeZone, refuses_unknown_names) {
  for (const char* name : {"Europe/Atlantis", "../../etc/passwd", "Berlin/", " "}) {
    EXPECT_EQ(TimeZone::find(name).error().code, ErrorCode::kUsage) << name;
  }
  EXPECT_TRUE(TimeZone::find(TimeZone::machine_name()));
}

}  // namespace
}  // namespace glucoledger::base
