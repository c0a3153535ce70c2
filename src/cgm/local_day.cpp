#include "cgm/local_day.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/result.h"
#include "base/wall_time.h"

namespace glucoledger::cgm {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::optional<std::chrono::year_month_day> parse(std::string_view day) {
  if (day.size() != 10 || day[4] != '-' || day[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t offset, std::size_t length) -> int {
    int value = -1;
    const auto* end = day.data() + offset + length;
    const auto [stop, error] = std::from_chars(day.data() + offset, end, value);
    return error == std::errc() && stop == end ? value : -1;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day_of_month = number(8, 2);
  if (year < 0 || month < 0 || day_of_month < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day_of_month))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

std::string formatted(const char* format, int first, int second) {
  char text[32];
  std::snprintf(text, sizeof text, format, first, second);
  return text;
}

// ISO 8601: a week belongs to the year of its Thursday.
std::string iso_week(sys_days day) {
  const auto weekday = std::chrono::weekday(day).iso_encoding();
  const sys_days thursday = day + days(4 - static_cast<int>(weekday));
  const auto year = std::chrono::year_month_day(thursday).year();
  const auto week = (thursday - sys_days(year / 1 / 1)).count() / 7 + 1;
  return formatted("%04d-W%02d", static_cast<int>(year), static_cast<int>(week));
}

}  // namespace

std::string local_day(std::int64_t utc_ms, int utc_offset_minutes) {
  const auto local = std::chrono::milliseconds(utc_ms) + std::chrono::minutes(utc_offset_minutes);
  return base::day_text(std::chrono::floor<days>(local).count());
}

std::optional<std::int64_t> days_since_epoch(std::string_view day) {
  const auto date = parse(day);
  if (!date) return std::nullopt;
  return sys_days(*date).time_since_epoch().count();
}

std::string window_of(std::string_view day, Window window) {
  const auto date = parse(day);
  GL_ASSERT(date);
  const int year = static_cast<int>(date->year());
  const int month = static_cast<int>(static_cast<unsigned>(date->month()));
  switch (window) {
    case Window::kRealtime:
      break;
    case Window::kDay:
      return std::string(day);
    case Window::kWeek:
      return iso_week(sys_days(*date));
    case Window::kMonth:
      return formatted("%04d-%02d", year, month);
    case Window::kQuarter:
      return formatted("%04d-Q%d", year, (month + 2) / 3);
  }
  return "";
}

}  // namespace glucoledger::cgm
