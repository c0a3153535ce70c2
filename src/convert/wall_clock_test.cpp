// Nights of Europe/Berlin in 2024: 31 March has no 02:00-03:00, 27 October has it twice.
#include "convert/wall_clock.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/durations.h"

namespace glucoledger::convert {
namespace {

constexpr std::int64_t kOctober27Ms = 1'729'987'200'000;  // 00:00 on the wall

base::TimeZone berlin() {
  return std::move(*base::TimeZone::find("Europe/Berlin"));
}

WallTime at(std::int64_t local_ms, double value, std::int64_t tick_s = 0) {
  WallTime time;
  time.local_ms = local_ms;
  time.value = value;
  time.tick_s = tick_s;
  return time;
}

TEST(WallClock, tells_the_passes_of_the_repeated_hour_by_order) {
  std::vector<WallTime> times;
  for (const int minute : {115, 130, 145, 160, 175, 130, 145, 160, 175, 190}) {
    times.push_back(at(kOctober27Ms + minute * base::kMinuteMs, minute));
  }
  place_in_order(times, berlin());
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i].utc_ms,
              kOctober27Ms - base::kMinuteMs * 5 + static_cast<std::int64_t>(i) * 15 * base::kMinuteMs);
    EXPECT_EQ(times[i].pass, i >= 5 && i <= 8 ? 1 : 0);
  }
}

TEST(WallClock, parts_the_repeated_hour_in_a_file_sorted_by_wall_time) {
  // Every five minutes; the clock goes back at 03:00:20, so that the second pass stands 100 s off the first's rhythm.
  std::vector<WallTime> times;
  for (int i = 0; i < 60; ++i) {
    const std::int64_t elapsed = i * 5 * base::kMinuteMs + (i >= 24 ? 100'000 : 0);
    const std::int64_t summer = kOctober27Ms + base::kHourMs + elapsed;
    const bool second = summer >= kOctober27Ms + 3 * base::kHourMs;
    times.push_back(at(second ? summer - base::kHourMs : summer, i));
  }
  std::stable_sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.local_ms < b.local_ms; });
  place_in_order(times, berlin());
  std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.utc_ms < b.utc_ms; });
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(times[i].value, static_cast<double>(i));
}

TEST(WallClock, knows_a_clock_that_was_put_back_late_by_the_ticks) {
  // A receiver shows summer time until 09:00 of the morning after, then is put back.
  std::vector<WallTime> times;
  const std::int64_t begin_utc = kOctober27Ms - 4 * base::kHourMs;
  for (int i = 0; i < 48 * 4; ++i) {
    const std::int64_t utc = begin_utc + i * 15 * base::kMinuteMs;
    const bool summer = utc < kOctober27Ms + 7 * base::kHourMs;
    times.push_back(at(utc + (summer ? 2 : 1) * base::kHourMs, 100, 5000 + i * 900));
  }
  place_ticking(times, berlin());
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i].utc_ms, begin_utc + static_cast<std::int64_t>(i) * 15 * base::kMinuteMs) << i;
  }
}

TEST(WallClock, tells_a_clock_put_back_from_rows_listed_again) {
  const std::int64_t noon = kOctober27Ms + 12 * base::kHourMs;
  std::vector<WallTime> put_back, again;
  for (int i = 0; i < 48; ++i) {
    put_back.push_back(at(noon + i * 5 * base::kMinuteMs, 100 + i));
    again.push_back(put_back.back());
  }
  for (int i = 0; i < 48; ++i) {
    put_back.push_back(at(noon + (i + 24) * 5 * base::kMinuteMs, 200 + i));
    again.push_back(again[static_cast<std::size_t>(i)]);
  }
  place_in_order(put_back, berlin());
  EXPECT_EQ(put_back[48].pass, 1);
  EXPECT_EQ(put_back[71].pass, 1);
  EXPECT_EQ(put_back[72].pass, 0);  // not shown before
  place_in_order(again, berlin());
  for (const WallTime& time : again) EXPECT_EQ(time.pass, 0);
}

TEST(WallClock, goes_on_evenly_through_the_missing_hour) {
  const std::int64_t march31_ms = 1'711'843'200'000;
  std::vector<WallTime> times{at(march31_ms + 115 * base::kMinuteMs, 1), at(march31_ms + 130 * base::kMinuteMs, 2)};
  place_in_order(times, berlin());
  EXPECT_EQ(times[1].utc_ms - times[0].utc_ms, 15 * base::kMinuteMs);
}

}  // namespace
}  // namespace glucoledger::convert
