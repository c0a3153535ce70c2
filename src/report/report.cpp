#include "report/report.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/durations.h"
#include "report/figures.h"
#include "report/profile.h"

namespace glucoledger::report {
namespace {

using cgm::Reading;
using std::chrono::days;
using std::chrono::sys_days;

constexpr double kWearDays = 14;
constexpr double kWearPercent = 70;
constexpr double kIntervalMinutesMax = 60;  // rarer values are no continuous monitoring, whatever their share
constexpr int kProfileDaysMin = 3;

struct Value {
  const Reading* reading = nullptr;
  double glucose_mg_dl = 0;
};

std::int64_t local_ms_of(const Reading& reading) {
  return reading.utc_ms + reading.utc_offset_minutes * base::kMinuteMs;
}

std::int64_t day_number_of(std::int64_t local_ms) {
  return local_ms >= 0 ? local_ms / base::kDayMs : -((-local_ms + base::kDayMs - 1) / base::kDayMs);
}

std::chrono::year_month_day day_of(std::int64_t local_ms) {
  return sys_days{days{day_number_of(local_ms)}};
}

bool is_inside(const Reading& reading, const ReportOptions& options) {
  const auto day = day_of(local_ms_of(reading));
  return (!options.from || day >= *options.from) && (!options.to || day <= *options.to);
}

bool is_absent(const Reading& reading) {
  return reading.absent_reason || reading.value.empty();
}

// In order of time, whatever order they came in; ties are broken by what they hold, so that the result does not depend
// on that order either.
bool comes_before(const Reading* left, const Reading* right) {
  const auto key = [](const Reading& r) {
    return std::tuple(local_ms_of(r), r.utc_ms, std::string_view(r.identity), is_absent(r), r.source_line,
                      std::string_view(r.value), r.unit, r.comparator);
  };
  return key(*left) < key(*right);
}

std::vector<const Reading*> sorted_inside(std::span<const Reading> readings, const ReportOptions& options) {
  std::vector<const Reading*> inside;
  for (const Reading& reading : readings) {
    if (is_inside(reading, options)) inside.push_back(&reading);
  }
  std::sort(inside.begin(), inside.end(), comes_before);
  return inside;
}

// Drops what comes again: the same identity, or, without one, the same instant. Returns how many.
std::size_t drop_repeated(std::vector<const Reading*>& readings) {
  std::vector<std::pair<std::pair<std::string_view, std::int64_t>, std::size_t>> keys;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const std::string_view identity = readings[i]->identity;
    keys.push_back({{identity, identity.empty() ? readings[i]->utc_ms : 0}, i});
  }
  std::sort(keys.begin(), keys.end());
  std::size_t repeated = 0;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (keys[i].first != keys[i - 1].first) continue;
    readings[keys[i].second] = nullptr;
    ++repeated;
  }
  std::erase(readings, nullptr);
  return repeated;
}

// One value for each moment: two sensors at once, or by the wall clock the hour that comes twice in autumn, count as
// their mean where a figure follows the trace.
std::vector<TracePoint> one_a_moment(const std::vector<TracePoint>& points) {
  std::vector<TracePoint> trace;
  double in_moment = 0;
  for (const TracePoint& point : points) {
    if (!trace.empty() && trace.back().time_ms == point.time_ms) {
      in_moment += 1;
      trace.back().glucose_mg_dl += (point.glucose_mg_dl - trace.back().glucose_mg_dl) / in_moment;
    } else {
      trace.push_back(point);
      in_moment = 1;
    }
  }
  return trace;
}

// `values` by the wall clock, as they are sorted.
std::vector<TracePoint> wall_trace_of(const std::vector<Value>& values) {
  std::vector<TracePoint> points;
  points.reserve(values.size());
  for (const Value& value : values) points.push_back({local_ms_of(*value.reading), value.glucose_mg_dl});
  return one_a_moment(points);
}

// By a clock that shows the same as the wall clock at the first reading, and never steps.
std::vector<TracePoint> steady_trace_of(const std::vector<Value>& values) {
  const Reading& first = *values.front().reading;
  const std::int64_t ahead_ms = local_ms_of(first) - first.utc_ms;
  std::vector<TracePoint> points;
  points.reserve(values.size());
  for (const Value& value : values) points.push_back({value.reading->utc_ms + ahead_ms, value.glucose_mg_dl});
  std::stable_sort(points.begin(), points.end(),
                   [](const TracePoint& left, const TracePoint& right) { return left.time_ms < right.time_ms; });
  return one_a_moment(points);
}

void fill_ranges(const std::vector<Value>& values, Report& report) {
  std::size_t in_mmol_l = 0;
  for (const Value& value : values) {
    const Reading& reading = *value.reading;
    ++report.range_readings[static_cast<std::size_t>(cgm::range_of(reading.value, reading.unit))];
    if (reading.unit == cgm::Unit::kMmolL) ++in_mmol_l;
    if (reading.comparator != cgm::Comparator::kNone) ++report.at_limit_readings;
  }
  report.main_unit = 2 * in_mmol_l > values.size() ? cgm::Unit::kMmolL : cgm::Unit::kMgDl;
  for (std::size_t range = 0; range < report.range_percent.size(); ++range) {
    report.range_percent[range] =
        100.0 * static_cast<double>(report.range_readings[range]) / static_cast<double>(values.size());
  }
  const auto& [very_low, low, in_range, high, very_high] = report.range_percent;
  report.gri = std::min(100.0, 3.0 * very_low + 2.4 * low + 1.6 * very_high + 0.8 * high);
}

void fill_distribution(const std::vector<Value>& values, Report& report) {
  std::vector<double> sorted;
  for (const Value& value : values) {
    sorted.push_back(value.glucose_mg_dl);
    report.lbgi += low_risk_of(value.glucose_mg_dl);
    report.hbgi += high_risk_of(value.glucose_mg_dl);
  }
  report.lbgi /= static_cast<double>(values.size());
  report.hbgi /= static_cast<double>(values.size());
  std::sort(sorted.begin(), sorted.end());
  report.mean_mg_dl = mean_of(sorted);
  report.median_mg_dl = quantile_of(sorted, 0.5);
  report.min_mg_dl = sorted.front();
  report.max_mg_dl = sorted.back();
  report.gmi_percent = 3.31 + 0.02392 * report.mean_mg_dl;
  report.sd_mg_dl = sample_deviation(sorted);
  if (report.sd_mg_dl && report.mean_mg_dl > 0) report.cv_percent = 100 * *report.sd_mg_dl / report.mean_mg_dl;
  if (sorted.size() > 1) report.iqr_mg_dl = quantile_of(sorted, 0.75) - quantile_of(sorted, 0.25);
}

void fill_days(const std::vector<TracePoint>& trace, Report& report) {
  std::int64_t current = 0;
  for (const TracePoint& point : trace) {
    const std::int64_t day = day_number_of(point.time_ms);
    if (report.days.empty() || day != current) report.days.push_back({day_of(point.time_ms), {}, 0});
    current = day;
    const double minute = static_cast<double>(point.time_ms - day * base::kDayMs) / base::kMinuteMs;
    report.days.back().points.push_back({minute, point.glucose_mg_dl});
  }
  for (DayCurve& day : report.days) {
    for (const CurvePoint& point : day.points) day.mean_mg_dl += point.glucose_mg_dl;
    day.mean_mg_dl /= static_cast<double>(day.points.size());
  }
  report.days_of_wear = static_cast<int>(report.days.size());
}

void fill_wear(const std::vector<Value>& values, const std::vector<TracePoint>& trace, Report& report) {
  const auto by_instant = [](const Value& left, const Value& right) {
    return left.reading->utc_ms < right.reading->utc_ms;
  };
  const auto [first, last] = std::minmax_element(values.begin(), values.end(), by_instant);
  report.first = {first->reading->utc_ms, first->reading->utc_offset_minutes};
  report.last = {last->reading->utc_ms, last->reading->utc_offset_minutes};
  report.span_days = static_cast<double>(report.last.utc_ms - report.first.utc_ms) / base::kDayMs;
  report.interval_minutes = median_interval_minutes(trace);
  report.active_percent = active_percent_of(trace);
  // Fourteen days of five-minute readings end one reading short of the fifteenth midnight.
  const double wear_days = report.span_days + report.interval_minutes.value_or(0) / (24 * 60);
  report.enough_wear = report.active_percent && *report.interval_minutes <= kIntervalMinutesMax &&
                       *report.active_percent >= kWearPercent && wear_days >= kWearDays;
}

}  // namespace

Result<Report> make_report(std::span<const Reading> readings, const ReportOptions& options) {
  if (options.from && options.to && *options.from > *options.to) {
    return fail(ErrorCode::kUsage, "the report's first day lies after its last day");
  }
  Report report;
  report.title = options.title;
  report.person = options.person;
  auto inside = sorted_inside(readings, options);
  report.repeated_readings = drop_repeated(inside);

  std::vector<Value> values;
  for (const Reading* reading : inside) {
    if (is_absent(*reading)) {
      ++report.absent_readings;
      continue;
    }
    GL_TRY(number, cgm::parse_decimal(reading->value));
    values.push_back({reading, cgm::to_mg_dl(number, reading->unit)});
  }
  if (values.empty()) {
    return fail(ErrorCode::kNotFound, "no readings in this window", "choose other days, or import or fetch more");
  }

  report.readings = values.size();
  const auto wall_trace = wall_trace_of(values);
  const auto steady_trace = steady_trace_of(values);
  fill_ranges(values, report);
  fill_distribution(values, report);
  fill_days(wall_trace, report);
  fill_wear(values, steady_trace, report);
  report.mage_mg_dl = mage_of(steady_trace);
  if (report.days_of_wear >= kProfileDaysMin) report.profile = ambulatory_profile(wall_trace);
  report.hourly_profile = hourly_percentiles(wall_trace);
  return report;
}

}  // namespace glucoledger::report
