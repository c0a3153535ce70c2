// The glucose report of one person: the figures of the consensus on CGM metrics, the ambulatory glucose profile (AGP)
// and the daily curves, from readings to numbers (make_report) to JSON, text or one self-contained HTML page.
//
// Glucose is in mg/dL unless a name says otherwise. A reading counts into the range that holds in its own unit; means
// and curves use mg/dL. High and Low count at their limit; readings without a value count nowhere but in
// `absent_readings`. Days and hours are those of the wearer's wall clock. A figure that the data does not define (one
// reading has no deviation) is nullopt: null in JSON, "not enough data" elsewhere; no figure is ever NaN.
// Cost: O(n log n) in the readings.
// Sources: Battelino et al., Diabetes Care 2019;42(8):1593 (ranges, targets, AGP); Bergenstal et al., Diabetes Care
// 2018;41(11):2275 (GMI); Kovatchev, Diabetes Care 2006;29(11):2433 (LBGI, HBGI); Klonoff et al., J Diabetes Sci
// Technol 2023;17(5):1226 (GRI); Fernandes et al., J Diabetes Sci Technol 2022;16(2):576 (MAGE). All as R's iglu 4
// computes them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cgm/glucose.h"
#include "cgm/reading.h"

namespace glucoledger::report {

struct ReportOptions {
  std::optional<std::chrono::year_month_day> from;  // first and last local day that count, both inclusive
  std::optional<std::chrono::year_month_day> to;
  std::string title = "Glucose report";
  std::string person;  // whose: a name or pseudonym to show, may be empty
};

// A moment as the wearer's clock showed it.
struct LocalTime {
  std::int64_t utc_ms = 0;
  int utc_offset_minutes = 0;
};

struct CurvePoint {
  double minute = 0;  // of the local day
  double glucose_mg_dl = 0;
};

struct DayCurve {
  std::chrono::year_month_day day;
  std::vector<CurvePoint> points;  // in order of time
  double mean_mg_dl = 0;
};

// One point of the AGP: percentiles of all readings near this time of day, over all days.
struct ProfilePoint {
  int minute = 0;
  double p5 = 0, p25 = 0, p50 = 0, p75 = 0, p95 = 0;
};

struct Report {
  std::string title;
  std::string person;

  std::size_t readings = 0;  // with a value
  std::size_t absent_readings = 0;
  std::size_t at_limit_readings = 0;
  std::size_t repeated_readings = 0;  // left out: the same identity again
  LocalTime first, last;
  cgm::Unit main_unit = cgm::Unit::kMgDl;  // of most readings

  int days_of_wear = 0;                    // local days that hold at least one value
  double span_days = 0;                    // from the first to the last value
  std::optional<double> interval_minutes;  // median
  std::optional<double> active_percent;
  bool enough_wear = false;  // 14 days and 70 %, as the consensus asks

  double mean_mg_dl = 0;
  double median_mg_dl = 0;
  double min_mg_dl = 0;
  double max_mg_dl = 0;
  double gmi_percent = 0;
  double lbgi = 0;
  double hbgi = 0;
  double gri = 0;
  std::optional<double> sd_mg_dl;  // of the sample
  std::optional<double> cv_percent;
  std::optional<double> iqr_mg_dl;
  std::optional<double> mage_mg_dl;

  std::array<std::size_t, 5> range_readings{};  // indexed by cgm::Range
  std::array<double, 5> range_percent{};

  std::vector<ProfilePoint> profile;         // smoothed, every 5 minutes; empty with less than 3 days of wear
  std::vector<ProfilePoint> hourly_profile;  // hours that hold readings, as measured
  std::vector<DayCurve> days;
};

// kNotFound where no reading has a value in the asked days; kUsage where `from` is after `to`; kInputRefused where a
// reading's text is no number.
Result<Report> make_report(std::span<const cgm::Reading> readings, const ReportOptions& options);

nlohmann::ordered_json report_json(const Report& report);
std::string report_text(const Report& report);  // at most 80 columns
std::string report_html(const Report& report);  // one page, no scripts, nothing loaded from elsewhere

}  // namespace glucoledger::report
