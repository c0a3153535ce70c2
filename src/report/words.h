// How a report's figures are written: numbers, times and ranges, the same in text and HTML.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "report/report.h"

namespace glucoledger::report {

inline constexpr std::string_view kNotEnoughData = "not enough data";

std::string number_text(double value, int decimals);
std::string percent_text(double percent);          // "91.7 %", "0 %", "< 0.1 %"
std::string count_text(std::size_t count);         // "2,915"
std::string duration_text(double percent_of_day);  // "17 h 5 min"

std::string_view unit_text(cgm::Unit unit);
cgm::Unit other_unit(cgm::Unit unit);
std::string glucose_number_text(double glucose_mg_dl, cgm::Unit unit);                // "124" or "6.9"
std::string glucose_text(double glucose_mg_dl, cgm::Unit unit);                       // "124 mg/dL"
std::string glucose_both_text(std::optional<double> glucose_mg_dl, cgm::Unit first);  // "124 mg/dL (6.9 mmol/L)"

std::string date_text(std::chrono::year_month_day day);  // "2015-06-06"
std::string date_text(LocalTime time);
std::string minute_text(LocalTime time);   // "2015-06-06 16:50"
std::string instant_text(LocalTime time);  // "2015-06-06T16:50:27.000+02:00"

struct RangeWords {
  cgm::Range range;
  std::string_view name;
  std::string_view mg_dl;
  std::string_view mmol_l;
};

// The highest first, as clinicians draw them.
const std::array<RangeWords, 5>& ranges_from_high();
std::string_view bounds_text(const RangeWords& words, cgm::Unit unit);

// For the inside of an HTML or SVG element or of a quoted attribute; control characters become spaces.
std::string escaped(std::string_view text);

// What the reader should know before trusting the figures; empty where the wear is enough.
std::string wear_warning(const Report& report);

}  // namespace glucoledger::report
