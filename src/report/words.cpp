#include "report/words.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/durations.h"
#include "base/wall_time.h"

namespace glucoledger::report {
namespace {

std::int64_t local_ms_of(LocalTime time) {
  return time.utc_ms + time.utc_offset_minutes * base::kMinuteMs;
}

}  // namespace

std::string number_text(double value, int decimals) {
  std::array<char, 400> buffer;  // the longest double has 309 digits before its point
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals).ptr;
  return {buffer.data(), end};
}

std::string percent_text(double percent) {
  if (percent <= 0) return "0 %";
  if (percent < 0.1) return "< 0.1 %";
  if (percent > 99.9 && percent < 100) return "> 99.9 %";
  return percent >= 100 ? "100 %" : number_text(percent, 1) + " %";
}

std::string count_text(std::size_t count) {
  std::string text = std::to_string(count);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, 1, ',');
  return text;
}

std::string duration_text(double percent_of_day) {
  const auto minutes = static_cast<int>(std::lround(percent_of_day / 100 * 24 * 60));
  if (minutes == 0) return percent_of_day > 0 ? "< 1 min" : "0 min";
  if (minutes < 60) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string_view unit_text(cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? "mg/dL" : "mmol/L";
}

cgm::Unit other_unit(cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? cgm::Unit::kMmolL : cgm::Unit::kMgDl;
}

std::string glucose_number_text(double glucose_mg_dl, cgm::Unit unit) {
  if (unit == cgm::Unit::kMgDl) return number_text(glucose_mg_dl, 0);
  return number_text(cgm::to_mmol_l(glucose_mg_dl, cgm::Unit::kMgDl), 1);
}

std::string glucose_text(double glucose_mg_dl, cgm::Unit unit) {
  return glucose_number_text(glucose_mg_dl, unit) + " " + std::string(unit_text(unit));
}

std::string glucose_both_text(std::optional<double> glucose_mg_dl, cgm::Unit first) {
  if (!glucose_mg_dl) return std::string(kNotEnoughData);
  return glucose_text(*glucose_mg_dl, first) + " (" + glucose_text(*glucose_mg_dl, other_unit(first)) + ")";
}

std::string date_text(std::chrono::year_month_day day) {
  return base::day_text(std::chrono::sys_days(day).time_since_epoch().count());
}

std::string date_text(LocalTime time) {
  return base::wall_time_text(local_ms_of(time)).substr(0, std::string_view("2015-06-06").size());
}

std::string minute_text(LocalTime time) {
  std::string text = base::wall_time_text(local_ms_of(time)).substr(0, std::string_view("2015-06-06T16:50").size());
  text[std::string_view("2015-06-06").size()] = ' ';
  return text;
}

std::string instant_text(LocalTime time) {
  return base::wall_time_text(local_ms_of(time), true) + base::offset_text(time.utc_offset_minutes);
}

const std::array<RangeWords, 5>& ranges_from_high() {
  using enum cgm::Range;
  static constexpr std::array<RangeWords, 5> kRanges = {{
      {kVeryHigh, "Very high", "> 250", "> 13.9"},
      {kHigh, "High", "181-250", "10.1-13.9"},
      {kInRange, "In range", "70-180", "3.9-10.0"},
      {kLow, "Low", "54-69", "3.0-3.8"},
      {kVeryLow, "Very low", "< 54", "< 3.0"},
  }};
  return kRanges;
}

std::string_view bounds_text(const RangeWords& words, cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? words.mg_dl : words.mmol_l;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return result;
}

std::string wear_warning(const Report& report) {
  if (report.enough_wear) return {};
  return "Less than the 14 days with 70 % of readings that these figures are usually judged by: read them with care.";
}

}  // namespace glucoledger::report
