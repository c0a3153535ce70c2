// The single figures of a report, from plain numbers. Glucose in mg/dL, times in milliseconds.
//
// Every function wants what its comment says and returns nullopt where the figure is not defined, never NaN.
// Sources: see report.h; the algorithms are those of R's iglu 4 (active_percent, mage with version "ma").
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace glucoledger::report {

// One value of the curve that a sensor draws, by the wearer's wall clock; or, where a figure asks how much time lies
// between, by one that went on from there without a step (daylight saving, a flight).
struct TracePoint {
  std::int64_t time_ms = 0;
  double glucose_mg_dl = 0;
};

double mean_of(std::span<const double> values);  // not empty
std::optional<double> sample_deviation(std::span<const double> values);
double quantile_of(std::span<const double> sorted, double probability);  // not empty; R's type 7

double low_risk_of(double glucose_mg_dl);   // one reading's share of LBGI
double high_risk_of(double glucose_mg_dl);  // one reading's share of HBGI

// In order of time, each time once.
std::optional<double> median_interval_minutes(std::span<const TracePoint> trace);
std::optional<double> active_percent_of(std::span<const TracePoint> trace);

// Mean amplitude of glycemic excursions: on a grid of 5 minutes, gaps up to 45 minutes interpolated, longer than 180
// minutes splitting the trace. The crosses of a short (25 minutes) and a long (160 minutes) moving average bound the
// peaks and nadirs; excursions within one standard deviation do not count. The mean of rises and falls, each stretch of
// the trace weighing as long as it lasts. In order of time, each time once; time and memory grow with its points, not
// with the time they span.
std::optional<double> mage_of(std::span<const TracePoint> trace);

}  // namespace glucoledger::report
