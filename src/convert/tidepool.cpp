// Tidepool's data export as JSON.
//
// "cbg" records are sensor values; "smbg" are fingersticks, but for those of subType "scanned". Tidepool stores mmol/L,
// mg/dL divided by 18.01559 to five decimals, and writes that, or multiplied back with the error of doing so. What is
// beyond the sensor's range is stored at its limit, with an annotation "bg/out-of-range"; annotations stand as JSON or
// as a text that holds JSON. Source: Tidepool's data model.
#include <cmath>

#include "base/limits.h"
#include "cgm/glucose.h"
#include "convert/device_format.h"
#include "convert/json_records.h"

namespace glucoledger::convert {
namespace {

using Object = simdjson::dom::object;

bool is_tidepool(const Object& record) {
  return text_field(record, "type") && text_field(record, "time") &&
         (text_field(record, "deviceId") || text_field(record, "uploadId") || text_field(record, "deviceTime"));
}

bool recognise(const Head& head) {
  return any_record(head, is_tidepool);
}

cgm::Comparator out_of_range(const simdjson::dom::array& annotations) {
  for (const simdjson::dom::element element : annotations) {
    Object annotation;
    if (element.get(annotation) != simdjson::SUCCESS) continue;
    if (text_field(annotation, "code").value_or("") != "bg/out-of-range") continue;
    const std::string_view end = text_field(annotation, "value").value_or("");
    if (end == "low") return cgm::Comparator::kBelow;
    if (end == "high") return cgm::Comparator::kAbove;
  }
  return cgm::Comparator::kNone;
}

cgm::Comparator out_of_range(const Object& record) {
  simdjson::dom::array annotations;
  if (record.at_key("annotations").get(annotations) == simdjson::SUCCESS) return out_of_range(annotations);
  const auto text = text_field(record, "annotations");
  simdjson::dom::parser parser;
  if (text && parser.parse(text->data(), text->size()).get(annotations) == simdjson::SUCCESS) {
    return out_of_range(annotations);
  }
  return cgm::Comparator::kNone;
}

// Five decimals are what Tidepool keeps. A value in mg/dL that is a whole number but for the error of converting it
// twice becomes that number, unless it then counts in another range.
GlucoseCell glucose(double value, cgm::Unit unit) {
  constexpr double kConversionErrorMax = 0.01;
  GlucoseCell cell = number_cell(value);
  if (!is_possible(value, unit)) return cell;
  const double whole = std::round(value);
  const bool converted = unit == cgm::Unit::kMgDl && std::abs(value - whole) < kConversionErrorMax &&
                         cgm::range_of(whole, unit) == cgm::range_of(value, unit);
  cell.text = decimal_text(converted ? whole : value, unit, 5);
  return cell;
}

Result<void> read_record(const Object& record, std::size_t number, Collector& collector) {
  const std::string_view type = text_field(record, "type").value_or("");
  const bool scan = type == "smbg" && text_field(record, "subType").value_or("") == "scanned";
  if (type != "cbg" && !scan) {
    collector.skip(number, SkipReason::kNotASensorValue);
    return {};
  }
  RawReading raw;
  raw.line = number;
  raw.kind = scan ? cgm::Kind::kScan : cgm::Kind::kSensor;
  raw.utc_ms = instant_ms(text_field(record, "time").value_or(""), 0);
  if (!raw.utc_ms) {
    collector.skip(number, SkipReason::kNoTime);
    return {};
  }
  const auto offset = number_field(record, "timezoneOffset");
  if (offset && std::abs(*offset) <= base::limits::kUtcOffsetMaxMinutes) raw.offset_minutes = static_cast<int>(*offset);
  raw.unit = unit_in(text_field(record, "units").value_or("mmol/L"));
  const auto value = number_field(record, "value");
  if (value) raw.glucose = glucose(*value, raw.unit.value_or(cgm::Unit::kMmolL));
  raw.glucose.comparator = out_of_range(record);
  raw.device = collector.device("", text_field(record, "deviceId").value_or(""));
  return collector.add(std::move(raw));
}

Result<void> read(TextSource& source, const Head&, Collector& collector) {
  JsonRecords records(source);
  return for_each_record(records, collector, [&](const Object& record, std::size_t number) {
    return read_record(record, number, collector);
  });
}

}  // namespace

extern const DeviceFormat kTidepool{"tidepool", "Tidepool data export (JSON)", recognise, read};

}  // namespace glucoledger::convert
