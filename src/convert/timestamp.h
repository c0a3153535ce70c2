// The times that device files hold, parsed strictly.
//
// What is accepted: a date of three numbers between - / or . with the year first (four digits) or last (four or two), T
// or blanks, h:mm with optional seconds and fraction, AM or PM in the spellings of several languages, and an optional
// offset (Z, UTC, +02:00, +0200). Whether 03/04 is a day or a month is not decided by one row but over a whole file
// (DateOrderVote). Nonsense such as the 31st of June is no time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "convert/device_file.h"

namespace glucoledger::convert {

struct RawTimestamp {
  int first = 0, second = 0, third = 0;  // as written
  bool year_first = false;
  std::int64_t time_of_day_ms = 0;
  std::optional<int> offset_minutes;
};

std::optional<RawTimestamp> parse_timestamp(std::string_view text);
// Milliseconds since 1970-01-01T00:00 of the same calendar, the offset not applied. Absent: there is no such day.
std::optional<std::int64_t> local_ms(const RawTimestamp& time, DateOrder order);
// For times whose order the format fixes: with an offset an instant, without one `assumed_offset_minutes` applies.
std::optional<std::int64_t> instant_ms(std::string_view text, int assumed_offset_minutes);

class DateOrderVote {
 public:
  void add(const RawTimestamp& time);
  // kInputRefused when nothing tells day from month, or rows contradict each other.
  Result<DateOrder> decide(std::optional<DateOrder> option) const;

 private:
  std::size_t year_first_ = 0;
  std::size_t day_first_ = 0;  // rows that only make sense so
  std::size_t month_first_ = 0;
  std::size_t undecided_ = 0;
};

}  // namespace glucoledger::convert
