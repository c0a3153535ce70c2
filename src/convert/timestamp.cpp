#include "convert/timestamp.h"

#include <date/date.h>

#include "base/advice.h"
#include "base/durations.h"
#include "base/limits.h"
#include "convert/csv_reader.h"

namespace glucoledger::convert {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_one_of(std::string_view set, char& c) {
    if (text_.empty() || set.find(text_.front()) == std::string_view::npos) return false;
    c = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  void skip_blanks() { text_ = trim(text_); }
  // Between `min` and `max` digits; how many there were in `length`.
  bool number(int min, int max, int& value, int& length) {
    value = 0;
    length = 0;
    while (length < max && !text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
      ++length;
    }
    return length >= min;
  }
  std::string_view rest() const { return text_; }
  void drop(std::size_t count) { text_.remove_prefix(count); }

 private:
  std::string_view text_;
};

bool scan_date(Scanner& scanner, RawTimestamp& time) {
  int length = 0;
  char separator = 0;
  if (!scanner.number(1, 4, time.first, length) || length == 3) return false;
  time.year_first = length == 4;
  if (!scanner.take_one_of("-/.", separator)) return false;
  if (!scanner.number(1, 2, time.second, length) || !scanner.take(separator)) return false;
  if (!scanner.number(1, 4, time.third, length)) return false;
  if (time.year_first) return length <= 2;
  if (length == 2) time.third += 2000;
  return length == 4 || length == 2;
}

// "AM", "p.m.", "a. m.": a letter that decides, and an m.
bool scan_half_day(Scanner& scanner, int& hour) {
  const std::string rest = lower(scanner.rest());
  if (rest.empty() || (rest[0] != 'a' && rest[0] != 'p')) return true;
  std::size_t at = 1;
  const auto pass = [&] {
    while (at < rest.size() && (rest[at] == '.' || rest[at] == ' ')) ++at;
  };
  pass();
  if (at >= rest.size() || rest[at] != 'm' || hour < 1 || hour > 12) return false;
  ++at;
  if (at < rest.size() && rest[at] == '.') ++at;
  scanner.drop(at);
  hour = hour % 12 + (rest[0] == 'p' ? 12 : 0);
  return true;
}

bool scan_time(Scanner& scanner, RawTimestamp& time) {
  int hour = 0, minute = 0, second = 0, millisecond = 0, length = 0;
  char separator = 0;
  if (!scanner.number(1, 2, hour, length) || !scanner.take(':')) return false;
  if (!scanner.number(2, 2, minute, length)) return false;
  if (scanner.take(':')) {
    if (!scanner.number(2, 2, second, length)) return false;
    if (scanner.take_one_of(".,", separator)) {
      if (!scanner.number(1, 3, millisecond, length)) return false;
      for (; length < 3; ++length) millisecond *= 10;
      int beyond = 0;
      scanner.number(0, 9, beyond, length);
    }
  }
  scanner.skip_blanks();
  if (!scan_half_day(scanner, hour)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  time.time_of_day_ms = hour * base::kHourMs + minute * base::kMinuteMs + second * 1000 + millisecond;
  return true;
}

bool scan_offset(Scanner& scanner, RawTimestamp& time) {
  scanner.skip_blanks();
  if (scanner.done()) return true;
  const std::string rest = lower(scanner.rest());
  if (rest == "z" || rest == "utc" || rest == "gmt") {
    time.offset_minutes = 0;
    return true;
  }
  if (rest.starts_with("utc") || rest.starts_with("gmt")) scanner.drop(3);
  char sign = 0;
  int hours = 0, minutes = 0, length = 0;
  if (!scanner.take_one_of("+-", sign) || !scanner.number(1, 2, hours, length)) return false;
  scanner.take(':');
  if (!scanner.done() && (!scanner.number(2, 2, minutes, length) || !scanner.done())) return false;
  if (minutes > 59 || hours * 60 + minutes > base::limits::kUtcOffsetMaxMinutes) return false;
  time.offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

bool possible(int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

}  // namespace

std::optional<RawTimestamp> parse_timestamp(std::string_view text) {
  Scanner scanner(trim(text));
  RawTimestamp time;
  if (!scan_date(scanner, time)) return std::nullopt;
  if (!scanner.take('T') && !scanner.take('t')) {
    scanner.take(',');
    if (scanner.rest().empty() || trim(scanner.rest()).size() == scanner.rest().size()) return std::nullopt;
    scanner.skip_blanks();
  }
  if (!scan_time(scanner, time) || !scan_offset(scanner, time)) return std::nullopt;
  return time;
}

std::optional<std::int64_t> local_ms(const RawTimestamp& time, DateOrder order) {
  int year = time.third, month = time.second, day = time.first;
  if (time.year_first) {
    year = time.first;
    day = time.third;
  } else if (order == DateOrder::kMonthDayYear) {
    std::swap(month, day);
  } else if (order == DateOrder::kYearMonthDay) {
    return std::nullopt;
  }
  if (year < base::limits::kDeviceYearMin || year > base::limits::kDeviceYearMax || !possible(month, day))
    return std::nullopt;
  const date::year_month_day calendar{date::year(year), date::month(static_cast<unsigned>(month)),
                                      date::day(static_cast<unsigned>(day))};
  if (!calendar.ok()) return std::nullopt;
  return date::sys_days(calendar).time_since_epoch().count() * base::kDayMs + time.time_of_day_ms;
}

std::optional<std::int64_t> instant_ms(std::string_view text, int assumed_offset_minutes) {
  const auto time = parse_timestamp(text);
  if (!time || !time->year_first) return std::nullopt;
  const auto local = local_ms(*time, DateOrder::kYearMonthDay);
  if (!local) return std::nullopt;
  return *local - time->offset_minutes.value_or(assumed_offset_minutes) * base::kMinuteMs;
}

void DateOrderVote::add(const RawTimestamp& time) {
  if (time.year_first) {
    ++year_first_;
    return;
  }
  const bool day_first = local_ms(time, DateOrder::kDayMonthYear).has_value();
  const bool month_first = local_ms(time, DateOrder::kMonthDayYear).has_value();
  if (day_first && month_first) {
    if (time.first != time.second) ++undecided_;  // 03/03 means the same either way
  } else if (day_first) {
    ++day_first_;
  } else if (month_first) {
    ++month_first_;
  }
}

Result<DateOrder> DateOrderVote::decide(std::optional<DateOrder> option) const {
  if (option) return *option;
  // A few bad rows must not turn a whole file around, nor make it unreadable.
  constexpr std::size_t kMajority = 10;
  if (day_first_ == 0 && month_first_ == 0) {
    if (undecided_ == 0) return year_first_ > 0 ? DateOrder::kYearMonthDay : DateOrder::kDayMonthYear;
    return fail(ErrorCode::kInputRefused, "nothing in the file tells whether its dates begin with the day or the month",
                Advice::kSayDateOrder);
  }
  if (day_first_ >= kMajority * month_first_) return DateOrder::kDayMonthYear;
  if (month_first_ >= kMajority * day_first_) return DateOrder::kMonthDayYear;
  return fail(ErrorCode::kInputRefused, "some dates of the file begin with the day and others with the month",
              Advice::kSayWhichDates);
}

}  // namespace glucoledger::convert
