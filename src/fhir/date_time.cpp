#include "fhir/date_time.h"

#include <chrono>

#include "base/durations.h"
#include "base/limits.h"
#include "base/wall_time.h"

namespace glucoledger::fhir {
namespace {

// Reads a text from left to right; the first thing that is not as expected makes the rest fail too.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!next_is_digit()) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool next_is_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  bool at_end() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// The thousandths of ".25"; 0 without a point.
int scan_milliseconds(Scanner& scanner) {
  if (!scanner.take('.')) return 0;
  if (!scanner.next_is_digit()) return scanner.fail();
  int milliseconds = 0;
  int weight = 100;
  for (; scanner.next_is_digit(); weight /= 10) milliseconds += weight * scanner.digits(1);
  return milliseconds;
}

int scan_offset_minutes(Scanner& scanner) {
  if (scanner.take('Z')) return 0;
  const bool west = scanner.take('-');
  if (!west) scanner.expect('+');
  const int hours = scanner.digits(2);
  scanner.expect(':');
  const int minutes = scanner.digits(2);
  const int offset_minutes = hours * 60 + minutes;
  if (minutes > 59 || offset_minutes > base::limits::kUtcOffsetMaxMinutes) return scanner.fail();
  return west ? -offset_minutes : offset_minutes;
}

}  // namespace

std::string date_time(std::int64_t utc_ms, int utc_offset_minutes) {
  const std::string text = base::wall_time_text(utc_ms + utc_offset_minutes * base::kMinuteMs);
  return text + (utc_offset_minutes == 0 ? "Z" : base::offset_text(utc_offset_minutes));
}

std::optional<Instant> parse_date_time(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.digits(4);
  scanner.expect('-');
  const int month = scanner.digits(2);
  scanner.expect('-');
  const int day = scanner.digits(2);
  scanner.expect('T');
  const int hours = scanner.digits(2);
  scanner.expect(':');
  const int minutes = scanner.digits(2);
  scanner.expect(':');
  const int seconds = scanner.digits(2);
  const int milliseconds = scan_milliseconds(scanner);
  Instant instant;
  instant.utc_offset_minutes = scan_offset_minutes(scanner);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!scanner.at_end() || !date.ok() || year < 1 || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  instant.utc_ms = days * base::kDayMs +
                   ((hours * 60 + minutes - instant.utc_offset_minutes) * 60 + seconds) * std::int64_t{1000} +
                   milliseconds;
  return instant;
}

}  // namespace glucoledger::fhir
