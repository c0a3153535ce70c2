#include "report/figures.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "base/durations.h"
#include "base/result.h"

namespace glucoledger::report {
namespace {

// Where Kovatchev's symmetric scale crosses zero, as iglu rounds it.
constexpr double kRiskCenterMgDl = 112.5;
constexpr double kRiskFactor = 22.77;  // 10 x 1.509^2

double risk_of(double glucose_mg_dl) {
  // Below 1 mg/dL the logarithm is negative and its power undefined; no sensor tells such a value.
  const double scaled = std::pow(std::log(std::max(glucose_mg_dl, 1.0)), 1.084) - 5.381;
  return kRiskFactor * scaled * scaled;
}

std::vector<double> intervals_minutes(std::span<const TracePoint> trace) {
  std::vector<double> intervals;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    intervals.push_back(static_cast<double>(trace[i].time_ms - trace[i - 1].time_ms) / base::kMinuteMs);
  }
  return intervals;
}

}  // namespace

double mean_of(std::span<const double> values) {
  GL_ASSERT(!values.empty());
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> sample_deviation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double quantile_of(std::span<const double> sorted, double probability) {
  GL_ASSERT(!sorted.empty() && probability >= 0 && probability <= 1);
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double low_risk_of(double glucose_mg_dl) {
  return glucose_mg_dl < kRiskCenterMgDl ? risk_of(glucose_mg_dl) : 0;
}

double high_risk_of(double glucose_mg_dl) {
  return glucose_mg_dl >= kRiskCenterMgDl ? risk_of(glucose_mg_dl) : 0;
}

std::optional<double> median_interval_minutes(std::span<const TracePoint> trace) {
  auto intervals = intervals_minutes(trace);
  if (intervals.empty()) return std::nullopt;
  std::sort(intervals.begin(), intervals.end());
  return quantile_of(intervals, 0.5);
}

std::optional<double> active_percent_of(std::span<const TracePoint> trace) {
  const auto median_minutes = median_interval_minutes(trace);
  if (!median_minutes) return std::nullopt;
  const double interval_minutes = std::nearbyint(*median_minutes);
  if (interval_minutes < 1) return std::nullopt;

  double gap_minutes = 0;
  double gaps = 0;
  for (const double minutes : intervals_minutes(trace)) {
    if (std::nearbyint(minutes) <= interval_minutes) continue;
    gap_minutes += minutes;
    gaps += 1;
  }
  const double span_minutes =
      std::nearbyint(static_cast<double>(trace.back().time_ms - trace.front().time_ms) / base::kMinuteMs);
  const double expected = std::nearbyint(span_minutes / interval_minutes) + 1;
  const double missing = std::nearbyint((gap_minutes - gaps * interval_minutes) / interval_minutes);
  return 100 * (expected - missing) / expected;
}

}  // namespace glucoledger::report
