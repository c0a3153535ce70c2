#include "cgm/glucose.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/limits.h"

namespace glucoledger::cgm {
namespace {

struct Bins {
  double low_from, in_range_from, in_range_to, high_to;
};
constexpr Bins kBinsMgDl{54, 70, 180, 250};
constexpr Bins kBinsMmolL{3.0, 3.9, 10.0, 13.9};
constexpr const Bins& bins_of(Unit unit) {
  return unit == Unit::kMgDl ? kBinsMgDl : kBinsMmolL;
}

constexpr std::size_t kDecimalsShownMax = 2;
// mg/dL per mmol/L, as programs have it.
constexpr std::array kFactors{18.0, kMgDlPerMmolL, 18.0156, 18.016, 18.018, 18.0182};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string fixed_text(double value, int decimals) {
  char buffer[64];
  const int length = std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return {buffer, static_cast<std::size_t>(length)};
}

double value_of(std::string_view decimal) {
  double value = 0;
  std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
  return value;
}

// The whole mg/dL that a number of more decimals than a device shows was converted from.
std::optional<double> whole_mg_dl(std::string_view text, Unit unit) {
  const auto point = text.find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : text.size() - point - 1;
  if (decimals <= kDecimalsShownMax) return std::nullopt;
  const double value = value_of(text);
  const double rounding = 0.5 * std::pow(10.0, -static_cast<double>(decimals)) + 1e-9;
  if (unit == Unit::kMgDl) {  // converted there and back, by way of five decimals
    const double whole = std::round(value);
    return std::abs(value - whole) < 0.01 ? std::optional(whole) : std::nullopt;
  }
  for (const double factor : kFactors) {
    const double whole = std::round(value * factor);
    if (std::abs(value - whole / factor) <= rounding) return whole;
  }
  return std::nullopt;
}

// The number of `decimals` digits in `range` that is closest to `value`, which itself lies in another range: a hair
// beyond one of its ends.
std::string closest_in_range(double value, Range range, Unit unit, int decimals) {
  const double step = std::pow(10.0, -decimals);
  const double direction = range_of(value, unit) > range ? -step : step;
  double candidate = std::round(value / step) * step;
  while (range_of(fixed_text(candidate, decimals), unit) != range) candidate += direction;
  return fixed_text(candidate, decimals);
}

}  // namespace

Result<double> parse_decimal(std::string_view text) {
  const auto refused = [] { return fail(ErrorCode::kInputRefused, "a glucose value is not a plain decimal number"); };
  if (text.empty() || text.size() > base::limits::kDecimalLengthMax || !is_digit(text.front()) ||
      !is_digit(text.back())) {
    return refused();
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; })) return refused();
  if (std::count(text.begin(), text.end(), '.') > 1) return refused();
  return value_of(text);
}

double to_mg_dl(double value, Unit unit) {
  return unit == Unit::kMgDl ? value : value * kMgDlPerMmolL;
}
double to_mmol_l(double value, Unit unit) {
  return unit == Unit::kMmolL ? value : value / kMgDlPerMmolL;
}

Range range_of(double value, Unit unit) {
  const Bins& bins = bins_of(unit);
  if (value < bins.low_from) return Range::kVeryLow;
  if (value < bins.in_range_from) return Range::kLow;
  if (value <= bins.in_range_to) return Range::kInRange;
  return value <= bins.high_to ? Range::kHigh : Range::kVeryHigh;
}

Range range_of(std::string_view value, Unit unit) {
  if (const auto whole = whole_mg_dl(value, unit)) return range_of(*whole, Unit::kMgDl);
  return range_of(value_of(value), unit);
}

std::string converted_text(std::string_view value, Unit from, Unit to) {
  if (from == to) return std::string(value);
  const double original = value_of(value);
  const Range range = range_of(value, from);
  const double converted = to == Unit::kMgDl ? to_mg_dl(original, from) : to_mmol_l(original, from);
  const int decimals_min = to == Unit::kMgDl ? 0 : 1;
  for (int decimals = decimals_min; decimals <= decimals_min + 3; ++decimals) {
    std::string text = fixed_text(converted, decimals);
    if (range_of(text, to) == range) return text;
  }
  // The bounds of the two units are not the same glucose: 3.999 mmol/L is below 70 mg/dL only by a hair.
  return closest_in_range(converted, range, to, decimals_min + 1);
}

}  // namespace glucoledger::cgm
