// Glucose numbers: conversion, and the ranges of the international consensus on time in range.
//
// Conversion factor 18.01559 (mg/dL per mmol/L). Ranges apply in a reading's own unit, so that conversion never moves a
// reading to another bin: [.., 54) [54, 70) [70, 180] (180, 250] (250, ..] mg/dL, and 3.0, 3.9, 10.0, 13.9 mmol/L.
// A number of three decimals or more was converted, as no device shows so many: where it is a whole mg/dL but for that,
// by any of the factors in use, it counts as that whole mg/dL (70 mg/dL kept as 3.88552 mmol/L is in range).
// Source: Battelino et al., Diabetes Care 2019;42(8):1593-1603.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cgm/reading.h"

namespace glucoledger::cgm {

inline constexpr double kMgDlPerMmolL = 18.01559;

enum class Range { kVeryLow, kLow, kInRange, kHigh, kVeryHigh };

// Plain decimals only: digits, at most one point, no sign or exponent. Bounded; kInputRefused otherwise.
Result<double> parse_decimal(std::string_view text);
double to_mg_dl(double value, Unit unit);
double to_mmol_l(double value, Unit unit);
Range range_of(double value, Unit unit);  // as a device shows it
// Of a reading's text, a plain decimal.
Range range_of(std::string_view value, Unit unit);

// The shortest text in the other unit (no decimal for mg/dL, one for mmol/L, more where rounding would change the
// range).
std::string converted_text(std::string_view value, Unit from, Unit to);

}  // namespace glucoledger::cgm
