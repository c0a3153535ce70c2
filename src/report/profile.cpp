#include "report/profile.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/durations.h"

namespace glucoledger::report {
namespace {

constexpr int kPointMinutes = 5;
constexpr int kPoints = 24 * 60 / kPointMinutes;
constexpr int kWindowPoints = 3;  // to each side
constexpr std::size_t kReadingsMin = 5;
constexpr std::array<double, 11> kSmoothing = {1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1};
constexpr int kSmoothingReach = static_cast<int>(kSmoothing.size() / 2);

using Curve = std::array<std::optional<ProfilePoint>, kPoints>;

std::int64_t ms_of_day(const TracePoint& point) {
  return ((point.time_ms % base::kDayMs) + base::kDayMs) % base::kDayMs;
}

ProfilePoint percentiles_at(int minute, std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return {minute,
          quantile_of(values, 0.05),
          quantile_of(values, 0.25),
          quantile_of(values, 0.50),
          quantile_of(values, 0.75),
          quantile_of(values, 0.95)};
}

int wrapped(int point) {
  return (point + kPoints) % kPoints;
}

ProfilePoint smoothed_at(const Curve& curve, int point) {
  ProfilePoint sum{point * kPointMinutes};
  double weight = 0;
  for (std::size_t i = 0; i < kSmoothing.size(); ++i) {
    const auto& near = curve[static_cast<std::size_t>(wrapped(point + static_cast<int>(i) - kSmoothingReach))];
    if (!near) continue;
    const double w = kSmoothing[i];
    sum.p5 += w * near->p5;
    sum.p25 += w * near->p25;
    sum.p50 += w * near->p50;
    sum.p75 += w * near->p75;
    sum.p95 += w * near->p95;
    weight += w;
  }
  for (double* value : {&sum.p5, &sum.p25, &sum.p50, &sum.p75, &sum.p95}) *value /= weight;
  return sum;
}

}  // namespace

std::vector<ProfilePoint> ambulatory_profile(std::span<const TracePoint> trace) {
  std::array<std::vector<double>, kPoints> slots;
  for (const TracePoint& point : trace) {
    const auto nearest = (ms_of_day(point) + kPointMinutes * base::kMinuteMs / 2) / (kPointMinutes * base::kMinuteMs);
    slots[static_cast<std::size_t>(nearest % kPoints)].push_back(point.glucose_mg_dl);
  }

  Curve curve;
  std::vector<double> values;
  for (int point = 0; point < kPoints; ++point) {
    values.clear();
    for (int offset = -kWindowPoints; offset <= kWindowPoints; ++offset) {
      const auto& slot = slots[static_cast<std::size_t>(wrapped(point + offset))];
      values.insert(values.end(), slot.begin(), slot.end());
    }
    if (values.size() < kReadingsMin) continue;
    curve[static_cast<std::size_t>(point)] = percentiles_at(point * kPointMinutes, values);
  }

  std::vector<ProfilePoint> profile;
  for (int point = 0; point < kPoints; ++point) {
    if (curve[static_cast<std::size_t>(point)]) profile.push_back(smoothed_at(curve, point));
  }
  return profile;
}

std::vector<ProfilePoint> hourly_percentiles(std::span<const TracePoint> trace) {
  std::array<std::vector<double>, 24> hours;
  for (const TracePoint& point : trace) {
    hours[static_cast<std::size_t>(ms_of_day(point) / base::kHourMs)].push_back(point.glucose_mg_dl);
  }
  std::vector<ProfilePoint> points;
  for (std::size_t hour = 0; hour < hours.size(); ++hour) {
    if (!hours[hour].empty()) points.push_back(percentiles_at(static_cast<int>(hour) * 60, hours[hour]));
  }
  return points;
}

}  // namespace glucoledger::report
