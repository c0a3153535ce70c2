// Nightscout entries as JSON, API v1 (an array) and v3 ({"result": [..]}).
//
// "sgv" entries are sensor values, "mbg" and "cal" are not. Values below 13 are error codes, and 39 and 401 are what
// Dexcom uploads for "Low" and "High". The instant is `date`; the server rewrites dateString to UTC, so that an offset
// of 0 says nothing about the wearer's clock unless dateString itself spells it out. `device` names the uploader, and
// two uploaders may have written the same readings. Source: nightscout/cgm-remote-monitor, its API documentation.
#include <cmath>

#include "base/limits.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"
#include "convert/json_records.h"

namespace glucoledger::convert {
namespace {

using Object = simdjson::dom::object;

bool is_entry(const Object& record) {
  const bool timed = number_field(record, "date") || text_field(record, "dateString") || text_field(record, "sysTime");
  const auto type = text_field(record, "type");
  if (!timed || text_field(record, "deviceTime")) return false;
  return number_field(record, "sgv").has_value() ||
         (type && (*type == "sgv" || *type == "mbg" || *type == "cal" || *type == "etc"));
}

bool recognise(const Head& head) {
  return any_record(head, is_entry);
}

std::optional<std::int64_t> instant(const Object& record) {
  constexpr double kSecondsMax = 1e11;  // larger numbers are milliseconds: those were already in 1973
  for (const std::string_view key : {"date", "mills"}) {
    const auto number = number_field(record, key);
    if (!number || *number <= 0 || *number >= base::limits::kDeviceTimestampMaxMs) continue;
    return static_cast<std::int64_t>(std::floor(*number < kSecondsMax ? *number * 1000 : *number));
  }
  for (const std::string_view key : {"date", "sysTime", "dateString", "created_at"}) {
    const auto text = text_field(record, key);
    if (!text) continue;
    if (const auto utc_ms = instant_ms(*text, 0)) return utc_ms;
  }
  return std::nullopt;
}

std::optional<int> offset(const Object& record) {
  if (const auto text = text_field(record, "dateString")) {
    const auto time = parse_timestamp(*text);
    const bool spelled = text->find_last_of("Zz") == std::string_view::npos;
    if (time && time->offset_minutes && spelled) return time->offset_minutes;
  }
  const auto minutes = number_field(record, "utcOffset");
  if (!minutes || *minutes == 0 || std::abs(*minutes) > base::limits::kUtcOffsetMaxMinutes) return std::nullopt;
  return static_cast<int>(*minutes);
}

GlucoseCell glucose(const Object& record, cgm::Unit unit, bool reads_above_400) {
  constexpr double kErrorCodesBelow = 13;
  const auto value = number_field(record, "sgv");
  if (!value) {
    const auto text = text_field(record, "sgv");
    return text ? parse_glucose(*text) : GlucoseCell{};
  }
  if (unit == cgm::Unit::kMmolL) return number_cell(*value);
  if (*value >= 0 && *value < kErrorCodesBelow) return absent_cell("error");
  GlucoseCell cell = number_cell(*value);
  if (*value == 39) cell = parse_glucose("low");
  if (*value == 401 && !reads_above_400) cell = parse_glucose("high");
  return cell;
}

// Sensors other than Dexcom's measure up to 500, and there 401 is a number like any other.
bool is_libre(std::string_view device) {
  return lower(device).find("libre") != std::string::npos;
}

Result<void> read_record(const Object& record, std::size_t number, Collector& collector) {
  const auto type = text_field(record, "type");
  if ((type && *type != "sgv") || (!type && record.at_key("sgv").error() != simdjson::SUCCESS)) {
    collector.skip(number, SkipReason::kNotASensorValue);
    return {};
  }
  RawReading raw;
  raw.line = number;
  raw.utc_ms = instant(record);
  if (!raw.utc_ms) {
    collector.skip(number, SkipReason::kNoTime);
    return {};
  }
  raw.offset_minutes = offset(record);
  const std::string_view device = text_field(record, "device").value_or("");
  const auto units = text_field(record, "units");
  raw.unit = units ? unit_in(*units).value_or(cgm::Unit::kMgDl) : cgm::Unit::kMgDl;
  // v3 documents of an app in mmol/L may say so and still hold mg/dL, as the uploaders send it.
  if (number_field(record, "sgv").value_or(0) > 35) raw.unit = cgm::Unit::kMgDl;
  raw.glucose = glucose(record, *raw.unit, is_libre(device));
  raw.device = collector.device(device, "");
  return collector.add(std::move(raw));
}

Result<void> read(TextSource& source, const Head&, Collector& collector) {
  collector.devices_are_uploaders = true;
  JsonRecords records(source);
  return for_each_record(records, collector, [&](const Object& record, std::size_t number) {
    return read_record(record, number, collector);
  });
}

}  // namespace

extern const DeviceFormat kNightscout{"nightscout", "Nightscout entries (JSON, API v1 and v3)", recognise, read};

}  // namespace glucoledger::convert
