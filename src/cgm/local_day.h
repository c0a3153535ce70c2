// The local calendar day of a reading, as text: "2015-06-06". Days of readings group epochs and bound grants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glucoledger::cgm {

// By the wall clock that the reading kept.
std::string local_day(std::int64_t utc_ms, int utc_offset_minutes);
// Days since 1970-01-01 of a day that exists in the calendar; nothing otherwise. base::day_text is the
// way back.
std::optional<std::int64_t> days_since_epoch(std::string_view day);

// The calendar window that a day lies in, by a name that sorts: "2015-06-06", "2015-W23", "2015-06", "2015-Q2".
enum class Window { kRealtime, kDay, kWeek, kMonth, kQuarter };
std::string window_of(std::string_view day, Window window);  // kRealtime: "", everything together

}  // namespace glucoledger::cgm
