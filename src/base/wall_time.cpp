#include "base/wall_time.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/durations.h"

namespace glucoledger::base {
namespace {

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

std::string day_text(std::int64_t days_since_epoch) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days_since_epoch))};
  return formatted("%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()));
}

std::string wall_time_text(std::int64_t local_ms, bool always_ms) {
  const std::int64_t day = local_ms / kDayMs - (local_ms % kDayMs < 0 ? 1 : 0);
  const auto of_day_ms = static_cast<int>(local_ms - day * kDayMs);
  std::string text = day_text(day) + formatted("T%02d:%02d:%02d", static_cast<int>(of_day_ms / kHourMs),
                                               static_cast<int>(of_day_ms / kMinuteMs % 60), of_day_ms / 1000 % 60);
  if (always_ms || of_day_ms % 1000 != 0) text += formatted(".%03d", of_day_ms % 1000);
  return text;
}

std::string offset_text(int offset_minutes) {
  const int distance = std::abs(offset_minutes);
  return formatted("%c%02d:%02d", offset_minutes < 0 ? '-' : '+', distance / 60, distance % 60);
}

}  // namespace glucoledger::base
