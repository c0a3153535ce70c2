#include "report/charts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "report/words.h"

namespace glucoledger::report {
namespace {

constexpr double kMinutesPerDay = 24 * 60;
constexpr double kTopMgDl = 400;
constexpr std::array<double, 4> kBoundsMgDl = {54, 70, 180, 250};
constexpr std::array<std::string_view, 4> kBoundsMmolL = {"3.0", "3.9", "10.0", "13.9"};

// The consensus report's colours, by cgm::Range.
constexpr std::array<std::string_view, 5> kRangeColors = {"#8f1d21", "#d9453d", "#63b365", "#f7d354", "#f0913a"};

std::string coordinate(double value) {
  return number_text(value, 1);
}

std::string bound_text(std::size_t bound, cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? number_text(kBoundsMgDl[bound], 0) : std::string(kBoundsMmolL[bound]);
}

// Where a day's minute and a glucose value lie in a chart.
struct Frame {
  double left, top, width, height;

  double x(double minute) const { return left + width * minute / kMinutesPerDay; }
  double y(double glucose_mg_dl) const {
    return top + height * (1 - std::clamp(glucose_mg_dl, 0.0, kTopMgDl) / kTopMgDl);
  }
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

std::string line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  return "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) + "\" y2=\"" +
         coordinate(y2) + "\" class=\"" + std::string(css_class) + "\"/>";
}

std::string rectangle(double x, double y, double width, double height, std::string_view attributes) {
  return "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(width) + "\" height=\"" +
         coordinate(height) + "\" " + std::string(attributes) + "/>";
}

std::string text(double x, double y, std::string_view css_class, std::string_view content) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" class=\"" + std::string(css_class) + "\">" +
         std::string(content) + "</text>";
}

std::string target_band(const Frame& frame) {
  return rectangle(frame.left, frame.y(180), frame.width, frame.y(70) - frame.y(180), "class=\"target\"");
}

using Stretch = std::vector<ProfilePoint>;

// The profile where it goes on without a hole.
std::vector<Stretch> unbroken(const std::vector<ProfilePoint>& profile) {
  constexpr int kStepMinutes = 5;
  std::vector<Stretch> stretches;
  for (const ProfilePoint& point : profile) {
    if (stretches.empty() || point.minute != stretches.back().back().minute + kStepMinutes) stretches.emplace_back();
    stretches.back().push_back(point);
  }
  // The picture ends at 24:00, which is the 0:00 of the same profile.
  if (!profile.empty() && profile.front().minute == 0 && profile.back().minute + kStepMinutes == kMinutesPerDay) {
    ProfilePoint midnight = profile.front();
    midnight.minute = static_cast<int>(kMinutesPerDay);
    stretches.back().push_back(midnight);
  }
  return stretches;
}

std::string point_text(const Frame& frame, double minute, double glucose_mg_dl) {
  return coordinate(frame.x(minute)) + "," + coordinate(frame.y(glucose_mg_dl)) + " ";
}

std::string band(const Frame& frame, const Stretch& stretch, double ProfilePoint::*low, double ProfilePoint::*high,
                 std::string_view css_class) {
  std::string points;
  for (const ProfilePoint& point : stretch) points += point_text(frame, point.minute, point.*high);
  for (auto point = stretch.rbegin(); point != stretch.rend(); ++point) {
    points += point_text(frame, point->minute, (*point).*low);
  }
  return "<polygon class=\"" + std::string(css_class) + "\" points=\"" + points + "\"/>";
}

std::string curve(const Frame& frame, const Stretch& stretch, double ProfilePoint::*value, std::string_view css_class) {
  std::string points;
  for (const ProfilePoint& point : stretch) points += point_text(frame, point.minute, point.*value);
  return "<polyline class=\"" + std::string(css_class) + "\" points=\"" + points + "\"/>";
}

std::string profile_axes(const Frame& frame, cgm::Unit unit) {
  std::string svg;
  for (int hour = 0; hour <= 24; hour += 3) {
    const double x = frame.x(hour * 60);
    svg += line(x, frame.top, x, frame.bottom(), "grid");
    svg += text(x, frame.bottom() + 20, "axis middle", (hour < 10 ? "0" : "") + std::to_string(hour) + ":00");
  }
  for (const double edge : {0.0, kTopMgDl}) {
    svg += line(frame.left, frame.y(edge), frame.right(), frame.y(edge), "grid");
    svg += text(frame.left - 8, frame.y(edge) + 4, "axis end", glucose_number_text(edge, unit));
  }
  for (std::size_t bound = 0; bound < kBoundsMgDl.size(); ++bound) {
    const double y = frame.y(kBoundsMgDl[bound]);
    const bool is_target = kBoundsMgDl[bound] == 70 || kBoundsMgDl[bound] == 180;
    svg += line(frame.left, y, frame.right(), y, is_target ? "target-line" : "bound-line");
    // 54 and 70 lie closer than two lines of text.
    const double shift = kBoundsMgDl[bound] == 54 ? 9 : kBoundsMgDl[bound] == 70 ? 0 : 4;
    svg += text(frame.left - 8, y + shift, is_target ? "axis end strong" : "axis end", bound_text(bound, unit));
  }
  svg += text(frame.left - 8, frame.top - 12, "axis end", unit_text(unit));
  return svg;
}

std::string percentile_labels(const Frame& frame, const ProfilePoint& last) {
  struct Label {
    double y;
    std::string_view content;
  };
  std::array<Label, 5> labels = {{{frame.y(last.p95), "95 %"},
                                  {frame.y(last.p75), "75 %"},
                                  {frame.y(last.p50), "median"},
                                  {frame.y(last.p25), "25 %"},
                                  {frame.y(last.p5), "5 %"}}};
  constexpr double kSpacing = 13;
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + kSpacing);
  std::string svg;
  for (const Label& label : labels) svg += text(frame.right() + 8, label.y + 4, "axis", label.content);
  return svg;
}

}  // namespace

std::string ranges_chart(const Report& report) {
  constexpr double kBarTop = 16, kBarHeight = 248, kBarLeft = 4, kBarWidth = 84, kLabelLeft = 132, kSpacing = 44;
  struct Row {
    const RangeWords* words;
    double percent, top, height, label_y;
  };
  std::array<Row, 5> rows;
  double y = kBarTop;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RangeWords& words = ranges_from_high()[i];
    const double percent = report.range_percent[static_cast<std::size_t>(words.range)];
    const double height = kBarHeight * percent / 100;
    rows[i] = {&words, percent, y, height, y + height / 2};
    y += height;
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    rows[i].label_y = std::max(rows[i].label_y, rows[i - 1].label_y + kSpacing);
  }
  double lowest = kBarTop + kBarHeight - 8;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    row->label_y = std::min(row->label_y, lowest);
    lowest -= kSpacing;
  }

  const std::string unit(unit_text(report.main_unit));
  std::string svg;
  std::string spoken;
  for (const Row& row : rows) {
    const auto color = kRangeColors[static_cast<std::size_t>(row.words->range)];
    const std::string bounds = escaped(bounds_text(*row.words, report.main_unit)) + " " + unit;
    svg += rectangle(kBarLeft, row.top, kBarWidth, row.height, "fill=\"" + std::string(color) + "\"");
    if (row.percent > 0) {
      svg += "<path class=\"leader\" d=\"M" + coordinate(kBarLeft + kBarWidth) + " " +
             coordinate(row.top + row.height / 2) + " L" + coordinate(kLabelLeft - 22) + " " + coordinate(row.label_y) +
             " L" + coordinate(kLabelLeft - 12) + " " + coordinate(row.label_y) + "\"/>";
    }
    svg += rectangle(kLabelLeft - 10, row.label_y - 5, 10, 10, "fill=\"" + std::string(color) + "\"");
    svg += text(kLabelLeft + 8, row.label_y - 1, "label", row.words->name);
    svg += text(kLabelLeft + 8, row.label_y + 14, "axis", bounds);
    svg += text(kLabelLeft + 204, row.label_y + 3, "percent end", escaped(percent_text(row.percent)));
    svg += text(kLabelLeft + 306, row.label_y + 3, "axis end", escaped(duration_text(row.percent)));
    spoken += std::string(row.words->name) + " " + number_text(row.percent, 1) + " percent. ";
  }
  return "<svg class=\"ranges\" viewBox=\"0 0 450 284\" role=\"img\"><title>Time in ranges</title><desc>" + spoken +
         "</desc>" + svg + "</svg>";
}

std::string profile_chart(const Report& report) {
  constexpr Frame kFrame{.left = 56, .top = 30, .width = 840, .height = 280};
  std::string svg = target_band(kFrame);
  const auto stretches = unbroken(report.profile);
  for (const Stretch& stretch : stretches) {
    svg += band(kFrame, stretch, &ProfilePoint::p5, &ProfilePoint::p95, "outer");
    svg += band(kFrame, stretch, &ProfilePoint::p25, &ProfilePoint::p75, "inner");
  }
  svg += profile_axes(kFrame, report.main_unit);
  for (const Stretch& stretch : stretches) {
    svg += curve(kFrame, stretch, &ProfilePoint::p5, "edge");
    svg += curve(kFrame, stretch, &ProfilePoint::p95, "edge");
    svg += curve(kFrame, stretch, &ProfilePoint::p50, "median");
  }
  const ProfilePoint& last = stretches.back().back();
  if (last.minute == static_cast<int>(kMinutesPerDay)) svg += percentile_labels(kFrame, last);

  const auto by_median = [](const ProfilePoint& a, const ProfilePoint& b) { return a.p50 < b.p50; };
  const auto [low, high] = std::minmax_element(report.profile.begin(), report.profile.end(), by_median);
  const std::string spoken = "Median glucose over the day between " + glucose_text(low->p50, report.main_unit) +
                             " and " + glucose_text(high->p50, report.main_unit) +
                             ", with the middle half and the middle 90 percent of readings around it.";
  return "<svg class=\"profile\" viewBox=\"0 0 960 340\" role=\"img\"><title>Ambulatory glucose profile</title><desc>" +
         spoken + "</desc>" + svg + "</svg>";
}

namespace {
constexpr Frame kDayFrame{.left = 0, .top = 0, .width = 140, .height = 76};
}

std::string day_chart_colors() {
  const auto stop = [](double glucose_mg_dl, std::string_view color) {
    const std::string offset = number_text(kDayFrame.y(glucose_mg_dl) / kDayFrame.height, 4);
    return "<stop offset=\"" + offset + "\" stop-color=\"" + std::string(color) + "\"/>";
  };
  constexpr std::string_view kHigh = "#b35c00", kInside = "#1f6f3a", kLow = "#c01f1f";
  return "<svg width=\"0\" height=\"0\" class=\"colors\" aria-hidden=\"true\"><defs><linearGradient id=\"by-range\" "
         "gradientUnits=\"userSpaceOnUse\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"" +
         coordinate(kDayFrame.height) + "\">" + stop(kTopMgDl, kHigh) + stop(180, kHigh) + stop(180, kInside) +
         stop(70, kInside) + stop(70, kLow) + stop(0, kLow) + "</linearGradient></defs></svg>";
}

std::string day_chart(const DayCurve& day, const Report& report) {
  constexpr double kStepMinutesMin = 4;  // finer than the picture shows
  constexpr double kGapMinutesMax = 45;  // no line where nothing was measured
  const double gap_minutes = std::max(kGapMinutesMax, 2 * report.interval_minutes.value_or(0));
  std::string path;
  double drawn_minute = -kMinutesPerDay;
  for (const CurvePoint& point : day.points) {
    if (point.minute - drawn_minute < kStepMinutesMin) continue;
    const std::string position = point_text(kDayFrame, point.minute, point.glucose_mg_dl);
    // A first point is drawn as a dot until a line goes on from it.
    path += point.minute - drawn_minute > gap_minutes ? "M" + position + "h0.01 " : "L" + position;
    drawn_minute = point.minute;
  }
  std::string svg = target_band(kDayFrame);
  for (const int hour : {6, 12, 18}) {
    svg += line(kDayFrame.x(hour * 60), kDayFrame.top, kDayFrame.x(hour * 60), kDayFrame.bottom(), "grid");
  }
  svg += "<path class=\"trace\" d=\"" + path + "\"/>";
  return "<svg class=\"day\" viewBox=\"0 0 140 76\" role=\"img\"><title>" + date_text(day.day) + ": mean " +
         glucose_text(day.mean_mg_dl, report.main_unit) + "</title>" + svg + "</svg>";
}

}  // namespace glucoledger::report
