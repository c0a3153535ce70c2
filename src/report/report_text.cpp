#include <algorithm>
#include <cmath>
#include <string>

#include "report/report.h"
#include "report/words.h"

namespace glucoledger::report {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kBarColumns = 30;

std::string padded(std::string_view text, std::size_t columns) {
  std::string result(text);
  if (result.size() < columns) result.append(columns - result.size(), ' ');
  return result;
}

std::string right_aligned(std::string_view text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + std::string(text);
}

// One line of what someone typed: control characters could steer a terminal. Cut between UTF-8 characters.
std::string plain_line(std::string_view text) {
  std::string line;
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80 && ++columns > kColumns) break;
    line.push_back(byte < 0x20 || byte == 0x7F ? ' ' : c);
  }
  return line;
}

void add_figure(std::string& text, std::string_view name, const std::string& value, std::string_view note = {}) {
  std::string line = "  " + padded(name, 22) + padded(value, note.empty() ? 0 : 27) + std::string(note);
  text += line + "\n";
}

std::string header_text(const Report& report) {
  std::string text = plain_line(report.title) + "\n";
  if (!report.person.empty()) text += plain_line(report.person) + "\n";
  text += minute_text(report.first) + " to " + minute_text(report.last) + "\n\n";

  add_figure(text, "Days with readings", std::to_string(report.days_of_wear));
  std::string readings = count_text(report.readings);
  if (report.interval_minutes) readings += ", one in " + number_text(*report.interval_minutes, 0) + " min";
  add_figure(text, "Readings", readings);
  add_figure(text, "Sensor active",
             report.active_percent ? percent_text(*report.active_percent) : std::string(kNotEnoughData),
             "14 days, 70 % or more");
  if (report.at_limit_readings > 0) {
    add_figure(text, "At the sensor's limit", count_text(report.at_limit_readings), "counted at that limit");
  }
  if (report.absent_readings > 0) add_figure(text, "Without a value", count_text(report.absent_readings), "left out");
  if (report.repeated_readings > 0) add_figure(text, "Repeated", count_text(report.repeated_readings), "left out");
  return text;
}

std::string ranges_text(const Report& report) {
  std::string text = "\nTime in ranges, " + std::string(unit_text(report.main_unit)) + "\n";
  for (const RangeWords& words : ranges_from_high()) {
    const double percent = report.range_percent[static_cast<std::size_t>(words.range)];
    auto bar = static_cast<std::size_t>(std::lround(percent / 100 * kBarColumns));
    if (percent > 0) bar = std::max<std::size_t>(bar, 1);
    text += "  " + padded(words.name, 10) + padded(bounds_text(words, report.main_unit), 11) +
            right_aligned(percent_text(percent), 8) + (bar > 0 ? "  " : "") + std::string(bar, '#') + "\n";
  }
  return text;
}

std::string figures_text(const Report& report) {
  const auto glucose = [&](std::optional<double> value) { return glucose_both_text(value, report.main_unit); };
  std::string text = "\nFigures\n";
  add_figure(text, "Mean glucose", glucose(report.mean_mg_dl), "< " + glucose_text(154, report.main_unit));
  add_figure(text, "GMI", number_text(report.gmi_percent, 1) + " %", "< 7 %");
  add_figure(text, "Standard deviation", glucose(report.sd_mg_dl));
  add_figure(text, "Variation (CV)", report.cv_percent ? percent_text(*report.cv_percent) : std::string(kNotEnoughData),
             "36 % or less");
  add_figure(text, "Median", glucose(report.median_mg_dl));
  add_figure(text, "Interquartile range", glucose(report.iqr_mg_dl));
  add_figure(text, "MAGE", glucose(report.mage_mg_dl));
  add_figure(text, "LBGI", number_text(report.lbgi, 2), "lows: high above 5");
  add_figure(text, "HBGI", number_text(report.hbgi, 2), "highs: high above 9");
  add_figure(text, "GRI", number_text(report.gri, 1), "0 best, 100 worst");
  return text;
}

}  // namespace

std::string report_text(const Report& report) {
  std::string text = header_text(report) + ranges_text(report) + figures_text(report);
  if (!report.enough_wear) text += "\nLess than 14 days with 70 % of readings: read the figures with care.\n";
  return text;
}

}  // namespace glucoledger::report
