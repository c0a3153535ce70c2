// Instants as FHIR writes them: local time with its offset from UTC.
//
// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glucoledger::fhir {

// "2019-05-01T08:30:00+02:00", with milliseconds only where there are some; "Z" for an offset of 0.
std::string date_time(std::int64_t utc_ms, int utc_offset_minutes);

struct Instant {
  std::int64_t utc_ms = 0;
  int utc_offset_minutes = 0;
};

// A FHIR dateTime of second precision or finer with its offset, of the years 1 to 9999; digits after the third of a
// second are dropped.
std::optional<Instant> parse_date_time(std::string_view text);

}  // namespace glucoledger::fhir
