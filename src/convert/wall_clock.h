// Putting the wall times of one device on the time line.
//
// A clock on a wall tells some hours twice and others never. With the transmitter's own ticks the elapsed time is
// known, and with it daylight saving, travel, and a receiver that was put back days late. Without ticks the order of
// the rows tells which pass of a repeated hour a row belongs to, where that order is in time, forwards or backwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time_zone.h"

namespace glucoledger::convert {

struct WallTime {
  std::int64_t local_ms = 0;
  std::int64_t tick_s = 0;  // with ticks
  double value = 0;         // of the reading: tells a repeated listing from a clock that was put back
  std::size_t index = 0;    // the caller's

  std::int64_t utc_ms = 0;  // out
  int offset_minutes = 0;   // out
  int pass = 0;             // out: 1 where the clock shows a time for the second time
};

// The times of one tick counter, in any order.
void place_ticking(std::vector<WallTime>& times, const base::TimeZone& zone);
// The times of one device and kind, in the order of the file.
void place_in_order(std::vector<WallTime>& times, const base::TimeZone& zone);

}  // namespace glucoledger::convert
