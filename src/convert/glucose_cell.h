// What a glucose field of a device file holds: a number as it was written, a word for "beyond the range", or nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cgm/reading.h"

namespace glucoledger::convert {

struct GlucoseCell {
  enum class Kind {
    kEmpty,
    kNumber,
    kBelowRange,  // "Low", "LO", "Niedrig": the limit is the sensor's (words.h)
    kAboveRange,
    kUnknownEnd,  // a word where a sensor writes one for an end of its range only, and it is not known which
    kAbsent,      // the device says that it has no value: `absent_reason`
    kNotANumber,
  };
  Kind kind = Kind::kEmpty;
  // Of a number: plain decimal digits with a point, without needless zeros in front. May be negative.
  std::string text;
  double value = 0;
  cgm::Comparator comparator = cgm::Comparator::kNone;  // "<40", ">400"
  std::optional<std::string> absent_reason;
};

// A decimal comma is a point.
GlucoseCell parse_glucose(std::string_view field);
GlucoseCell number_cell(double value);
GlucoseCell absent_cell(std::string_view reason);

// The shortest decimal text with at most `decimals_max` digits after the point; more where rounding would move the
// value to another range of the report.
std::string decimal_text(double value, cgm::Unit unit, int decimals_max);

// What a sensor shows instead of a number, per unit.
struct SensorLimits {
  const char* low_mg_dl = "40";
  const char* high_mg_dl = "400";
  const char* low_mmol_l = "2.2";
  const char* high_mmol_l = "22.2";

  const char* low(cgm::Unit unit) const { return unit == cgm::Unit::kMgDl ? low_mg_dl : low_mmol_l; }
  const char* high(cgm::Unit unit) const { return unit == cgm::Unit::kMgDl ? high_mg_dl : high_mmol_l; }
};

// "Glucose Value (mg/dL)", "Glukosewert mmol/l", "glucose_mg_dl".
std::optional<cgm::Unit> unit_in(std::string_view header);
// Between 10 and 1000 mg/dL, or the same in mmol/L: anything else is no glucose of a living person.
bool is_possible(double value, cgm::Unit unit);

// The unit of a whole file: what its header says, what the person says, or, where neither does, the one unit in which
// all values are possible. A header that its own values deny, and values possible in both or in none, are
// kInputRefused.
Result<cgm::Unit> decide_unit(std::span<const double> values, std::optional<cgm::Unit> header,
                              std::optional<cgm::Unit> option);

}  // namespace glucoledger::convert
