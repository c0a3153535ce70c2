#include "convert/glucose_cell.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/advice.h"
#include "base/limits.h"
#include "cgm/glucose.h"
#include "convert/csv_reader.h"
#include "convert/words.h"

namespace glucoledger::convert {
namespace {

double value_of(std::string_view decimal) {
  double value = 0;
  std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
  return value;
}

// Digits with at most one point or comma, and digits on both of its sides; empty otherwise.
std::string plain_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > base::limits::kDecimalLengthMax) return {};
  std::string result;
  bool point = false;
  for (const char c : text) {
    if ((c == '.' || c == ',') && !point && !result.empty()) {
      point = true;
      result.push_back('.');
    } else if (c >= '0' && c <= '9') {
      result.push_back(c);
    } else {
      return {};
    }
  }
  if (result.back() == '.') return {};
  const std::size_t point_at = std::min(result.find('.'), result.size());
  std::size_t zeros = 0;
  while (zeros + 1 < point_at && result[zeros] == '0') ++zeros;
  result.erase(0, zeros);
  return negative ? "-" + result : result;
}

// Bounds of what sensors report (40-500 mg/dL, 2.2-27.8 mmol/L), with room for others.
bool is_plausible(double value, cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? value >= 20 && value <= 1000 : value >= 0.5 && value <= 35;
}

}  // namespace

GlucoseCell parse_glucose(std::string_view field) {
  field = trim(field);
  GlucoseCell cell;
  if (field.empty()) return cell;
  auto number = field;
  if (field.front() == '<' || field.front() == '>') {
    cell.comparator = field.front() == '<' ? cgm::Comparator::kBelow : cgm::Comparator::kAbove;
    number = trim(field.substr(1));
  }
  cell.text = plain_decimal(number);
  if (!cell.text.empty()) {
    cell.kind = GlucoseCell::Kind::kNumber;
    cell.value = value_of(cell.text);
  } else if (const auto end = range_end(field)) {
    cell.kind = *end == RangeEnd::kLow ? GlucoseCell::Kind::kBelowRange : GlucoseCell::Kind::kAboveRange;
  } else {
    cell.kind = GlucoseCell::Kind::kNotANumber;
  }
  return cell;
}

GlucoseCell number_cell(double value) {
  GlucoseCell cell;
  // Fixed notation of a huge number would be hundreds of digits; it is refused as impossible by its value.
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  cell.kind = GlucoseCell::Kind::kNumber;
  cell.text = error == std::errc() ? std::string(buffer, end) : std::string();
  cell.value = value;
  return cell;
}

GlucoseCell absent_cell(std::string_view reason) {
  GlucoseCell cell;
  cell.kind = GlucoseCell::Kind::kAbsent;
  cell.absent_reason = std::string(reason);
  return cell;
}

std::string decimal_text(double value, cgm::Unit unit, int decimals_max) {
  char buffer[64];
  std::string text;
  for (int decimals = decimals_max; decimals <= decimals_max + 4; ++decimals) {
    const int length = std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    text.assign(buffer, static_cast<std::size_t>(length));
    if (cgm::range_of(value_of(text), unit) == cgm::range_of(value, unit)) break;
  }
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::optional<cgm::Unit> unit_in(std::string_view header) {
  const std::string text = lower(header);
  if (text.find("mmol") != std::string::npos) return cgm::Unit::kMmolL;
  for (const std::string_view spelling : {"mg/dl", "mg_dl", "mgdl", "mg.dl", "mg per dl", "mg / dl"}) {
    if (text.find(spelling) != std::string::npos) return cgm::Unit::kMgDl;
  }
  return std::nullopt;
}

bool is_possible(double value, cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? value >= 10 && value <= 1000 : value >= 0.5 && value <= 55.5;
}

Result<cgm::Unit> decide_unit(std::span<const double> values, std::optional<cgm::Unit> header,
                              std::optional<cgm::Unit> option) {
  std::size_t count = 0, mg_dl = 0, mmol_l = 0;
  for (const double value : values) {
    if (value <= 0 || value > 1000) continue;  // absurd in any unit: says nothing about it
    ++count;
    if (is_plausible(value, cgm::Unit::kMgDl)) ++mg_dl;
    if (is_plausible(value, cgm::Unit::kMmolL)) ++mmol_l;
  }
  const auto plausible = [&](cgm::Unit unit) { return unit == cgm::Unit::kMgDl ? mg_dl : mmol_l; };
  if (header && (!option || *option == *header)) {
    const bool denied = plausible(*header) * 2 < count;
    if (!denied || option) return *header;
    return fail(ErrorCode::kInputRefused, "the values of the file are not possible in the unit that it names",
                *header == cgm::Unit::kMgDl ? Advice::kSayUnitMmolL : Advice::kSayUnitMgDl);
  }
  if (header && plausible(*option) < count) {
    return fail(ErrorCode::kInputRefused, "the file names another unit than was said, and its values do not deny it",
                Advice::kLeaveUnitOut);
  }
  if (option) return *option;
  if (count == mg_dl && mmol_l < count) return cgm::Unit::kMgDl;
  if (count == mmol_l && mg_dl < count) return cgm::Unit::kMmolL;
  return fail(ErrorCode::kInputRefused, "the file does not say whether its values are mg/dL or mmol/L",
              Advice::kSayUnit);
}

}  // namespace glucoledger::convert
