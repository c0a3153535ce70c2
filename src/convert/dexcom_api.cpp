// Dexcom's web API, estimated glucose values: v3 {"records": [..]} and v2 {"egvs": [..]}.
//
// systemTime is UTC, displayTime what the display showed, with or without its offset. Beyond the range `status` is
// "low" or "high" and the value 39 or 401. transmitterId is a hash, transmitterTicks count since the transmitter began.
// Source: Dexcom's API reference.
#include <cmath>

#include "base/durations.h"
#include "base/limits.h"
#include "convert/device_format.h"
#include "convert/json_records.h"

namespace glucoledger::convert {
namespace {

using Object = simdjson::dom::object;

bool is_egv(const Object& record) {
  return text_field(record, "systemTime") && text_field(record, "displayTime");
}

bool recognise(const Head& head) {
  return any_record(head, is_egv);
}

std::optional<int> offset(std::string_view display, std::int64_t utc_ms) {
  constexpr std::int64_t kStepMs = 15 * base::kMinuteMs;
  const auto time = parse_timestamp(display);
  if (!time || !time->year_first) return std::nullopt;
  if (time->offset_minutes) return time->offset_minutes;
  const auto local = local_ms(*time, DateOrder::kYearMonthDay);
  if (!local || std::abs(*local - utc_ms) > 15 * base::kHourMs) return std::nullopt;
  return static_cast<int>(std::llround(static_cast<double>(*local - utc_ms) / kStepMs) * 15);
}

// An export of v2 says the unit once, before the records.
std::optional<cgm::Unit> wrapper_unit(const std::string& wrapper_head) {
  const std::size_t at = wrapper_head.find("\"unit\"");
  return at == std::string::npos ? std::nullopt : unit_in(std::string_view(wrapper_head).substr(at, 24));
}

GlucoseCell glucose(const Object& record, cgm::Unit unit) {
  const std::string_view status = text_field(record, "status").value_or("");
  const auto value = number_field(record, "value");
  const bool mg_dl = unit == cgm::Unit::kMgDl;
  if (status == "low" || (mg_dl && value == 39)) return parse_glucose("low");
  if (status == "high" || (mg_dl && value == 401)) return parse_glucose("high");
  if (value) return number_cell(*value);
  return absent_cell(status == "unknown" ? "unknown" : "error");
}

Result<void> read_record(const Object& record, std::size_t number, std::optional<cgm::Unit> unit,
                         Collector& collector) {
  if (!is_egv(record)) {
    collector.skip(number, SkipReason::kNotASensorValue);
    return {};
  }
  RawReading raw;
  raw.line = number;
  raw.utc_ms = instant_ms(*text_field(record, "systemTime"), 0);
  if (!raw.utc_ms) {
    collector.skip(number, SkipReason::kNoTime);
    return {};
  }
  raw.offset_minutes = offset(*text_field(record, "displayTime"), *raw.utc_ms);
  const auto own_unit = text_field(record, "unit");
  raw.unit = own_unit ? unit_in(*own_unit) : unit;
  if (!raw.unit) raw.unit = collector.options().unit.value_or(cgm::Unit::kMgDl);
  raw.glucose = glucose(record, *raw.unit);
  const std::string_view transmitter = text_field(record, "transmitterId").value_or("");
  const auto ticks = number_field(record, "transmitterTicks");
  if (!transmitter.empty() && ticks && *ticks > 0 && *ticks <= static_cast<double>(base::limits::kDeviceTickMaxS)) {
    raw.tick = static_cast<std::int64_t>(*ticks);
    raw.tick_source = collector.name(transmitter);
  }
  std::string generation(text_field(record, "transmitterGeneration").value_or(""));
  if (generation.starts_with('g')) generation[0] = 'G';
  raw.device = collector.device(generation.empty() ? "Dexcom" : "Dexcom " + generation, transmitter);
  return collector.add(std::move(raw));
}

Result<void> read(TextSource& source, const Head&, Collector& collector) {
  JsonRecords records(source);
  return for_each_record(records, collector, [&](const Object& record, std::size_t number) {
    return read_record(record, number, wrapper_unit(records.wrapper_head()), collector);
  });
}

}  // namespace

extern const DeviceFormat kDexcomApi{"dexcom-api", "Dexcom web API, egvs (JSON, v2 and v3)", recognise, read};

}  // namespace glucoledger::convert
