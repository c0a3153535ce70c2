// How days and times are written, everywhere: ISO 8601, years of four digits.
//
// `local_ms` are milliseconds since 1970-01-01T00:00 of the same calendar, read without a zone.
#pragma once

#include <cstdint>
#include <string>

namespace glucoledger::base {

std::string day_text(std::int64_t days_since_epoch);  // "2015-06-06"
// "2015-06-06T16:50:27", and ".120" behind it where there are milliseconds, or `always_ms`.
std::string wall_time_text(std::int64_t local_ms, bool always_ms = false);
std::string offset_text(int offset_minutes);  // "+02:00"; "+00:00" for none

}  // namespace glucoledger::base
