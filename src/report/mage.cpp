#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "base/durations.h"
#include "report/figures.h"

namespace glucoledger::report {
namespace {

constexpr std::int64_t kGridMs = 5 * base::kMinuteMs;
constexpr std::int64_t kInterpolatedGapMsMax = 45 * base::kMinuteMs;
constexpr std::int64_t kEmptyPointsMax = 180 / 5;  // in a row, inside one stretch
constexpr std::size_t kShortWindow = 5;
constexpr std::size_t kLongWindow = 32;  // a shorter stretch of the trace does not count
constexpr double kDeviationMin = 1;      // mg/dL; nor does a flatter one

// A grid point without a value.
constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();

// Values every 5 minutes, the first and the last not empty.
using Stretch = std::vector<double>;

// The smallest multiple of the grid that is not before `time_ms`, also before 1970.
std::int64_t grid_at_or_after(std::int64_t time_ms) {
  const std::int64_t rest = ((time_ms % kGridMs) + kGridMs) % kGridMs;
  return rest == 0 ? time_ms : time_ms + kGridMs - rest;
}

class StretchBuilder {
 public:
  void add(double value) {
    if (empty_points_ > kEmptyPointsMax) finish();
    if (!current_.empty()) current_.insert(current_.end(), static_cast<std::size_t>(empty_points_), kEmpty);
    empty_points_ = 0;
    current_.push_back(value);
  }

  void add_empty(std::int64_t points) { empty_points_ += points; }

  std::vector<Stretch> take() {
    finish();
    return std::move(stretches_);
  }

 private:
  void finish() {
    if (!current_.empty()) stretches_.push_back(std::move(current_));
    current_.clear();
    empty_points_ = 0;
  }

  std::vector<Stretch> stretches_;
  Stretch current_;
  std::int64_t empty_points_ = 0;
};

std::vector<Stretch> interpolate(std::span<const TracePoint> trace) {
  StretchBuilder builder;
  // iglu's grid of a day runs from 00:05 to 24:00: a first value at midnight itself lies before it.
  std::int64_t grid_ms = grid_at_or_after(trace.front().time_ms);
  if (grid_ms == trace.front().time_ms && grid_ms % base::kDayMs == 0) grid_ms += kGridMs;

  for (std::size_t i = 0; i + 1 < trace.size(); ++i) {
    const TracePoint& left = trace[i];
    const TracePoint& right = trace[i + 1];
    const std::int64_t gap_ms = right.time_ms - left.time_ms;
    if (grid_ms == left.time_ms) {
      builder.add(left.glucose_mg_dl);
      grid_ms += kGridMs;
    }
    if (gap_ms > kInterpolatedGapMsMax) {
      const std::int64_t next_ms = grid_at_or_after(right.time_ms);
      builder.add_empty((next_ms - grid_ms) / kGridMs);
      grid_ms = next_ms;
      continue;
    }
    for (; grid_ms < right.time_ms; grid_ms += kGridMs) {
      const double share = static_cast<double>(grid_ms - left.time_ms) / static_cast<double>(gap_ms);
      builder.add(left.glucose_mg_dl + share * (right.glucose_mg_dl - left.glucose_mg_dl));
    }
  }
  if (grid_ms == trace.back().time_ms) builder.add(trace.back().glucose_mg_dl);
  return builder.take();
}

// Over the last `window` points up to each, empty ones left out; the first ones take the first full window's.
std::vector<double> moving_average(const Stretch& values, std::size_t window) {
  std::vector<double> averages(values.size(), kEmpty);
  for (std::size_t end = window; end <= values.size(); ++end) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = end - window; i < end; ++i) {
      if (std::isnan(values[i])) continue;
      sum += values[i];
      ++count;
    }
    if (count > 0) averages[end - 1] = sum / static_cast<double>(count);
  }
  std::fill_n(averages.begin(), window - 1, averages[window - 1]);
  return averages;
}

struct Cross {
  std::size_t index = 0;
  bool rising = false;  // the short average goes above the long one: a peak follows
};

std::vector<Cross> find_crosses(const Stretch& values) {
  const auto short_average = moving_average(values, kShortWindow);
  const auto long_average = moving_average(values, kLongWindow);
  const auto difference_at = [&](std::size_t i) { return short_average[i] - long_average[i]; };

  std::vector<Cross> crosses{{0, difference_at(0) > 0}};
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double now = difference_at(i);
    const double before = difference_at(i - 1);
    if (std::isnan(values[i]) || std::isnan(values[i - 1]) || std::isnan(now) || std::isnan(before)) continue;
    // The second comparison finds a change of sign that a gap, or a difference of exactly zero, has hidden.
    const double at_last_cross = difference_at(crosses.back().index);
    if (now * before < 0) {
      crosses.push_back({i, now > before});
    } else if (now * at_last_cross < 0) {
      crosses.push_back({i, now > at_last_cross});
    }
  }
  crosses.push_back({values.size() - 1, difference_at(values.size() - 1) > 0});
  return crosses;
}

// Peaks and nadirs in turn, each looked for from the one before to the next but one cross.
std::vector<double> find_turns(const Stretch& values) {
  const auto crosses = find_crosses(values);
  std::vector<double> turns;
  std::size_t from = 0;
  for (std::size_t c = 0; c + 1 < crosses.size(); ++c) {
    std::size_t best = from;
    for (std::size_t i = from; i <= crosses[c + 1].index; ++i) {
      if (crosses[c].rising ? values[i] > values[best] : values[i] < values[best]) best = i;
    }
    turns.push_back(values[best]);
    from = best;
  }
  return turns;
}

// Heights from a nadir to the peak that ends it, of those above `threshold`. After a rise the search goes on from where
// the fall became large enough (`from_end`) or from the peak itself: iglu does the one for rises, the other for falls.
std::optional<double> mean_rise(std::span<const double> turns, double threshold, bool from_end) {
  double sum = 0;
  std::size_t count = 0;
  double nadir = std::numeric_limits<double>::infinity();
  std::size_t j = 0;
  while (j < turns.size()) {
    nadir = std::min(nadir, turns[j]);
    if (turns[j] - nadir < threshold) {
      ++j;
      continue;
    }
    std::size_t peak = j;
    std::size_t k = j;
    for (;; ++k) {
      if (turns[k] > turns[peak]) peak = k;
      if (turns[peak] - turns[k] > threshold || k + 1 == turns.size()) break;
    }
    sum += turns[peak] - nadir;
    ++count;
    const auto next = turns.begin() + static_cast<std::ptrdiff_t>(from_end ? k : peak);
    nadir = *std::min_element(next, turns.begin() + static_cast<std::ptrdiff_t>(k) + 1);
    j = k;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace

std::optional<double> mage_of(std::span<const TracePoint> trace) {
  if (trace.empty()) return std::nullopt;
  double weighted = 0;
  double weight = 0;
  for (const Stretch& stretch : interpolate(trace)) {
    if (stretch.size() < kLongWindow) continue;
    std::vector<double> measured;
    std::copy_if(stretch.begin(), stretch.end(), std::back_inserter(measured), [](double v) { return !std::isnan(v); });
    const auto deviation = sample_deviation(measured);
    if (!deviation || *deviation < kDeviationMin) continue;

    std::vector<double> turns = find_turns(stretch);
    const auto rise = mean_rise(turns, *deviation, true);
    for (double& turn : turns) turn = -turn;
    const auto fall = mean_rise(turns, *deviation, false);
    for (const auto& height : {rise, fall}) {
      if (!height) continue;
      weighted += *height * static_cast<double>(stretch.size() - 1);
      weight += static_cast<double>(stretch.size() - 1);
    }
  }
  if (weight <= 0) return std::nullopt;
  return weighted / weight;
}

}  // namespace glucoledger::report
