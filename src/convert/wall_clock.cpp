#include "convert/wall_clock.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/durations.h"
#include "base/limits.h"

namespace glucoledger::convert {
namespace {

using LocalKind = base::TimeZone::LocalKind;

std::int64_t floor_seconds(std::int64_t ms) {
  return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}
std::int64_t to_utc(std::int64_t local_ms, int offset_minutes) {
  return local_ms - offset_minutes * base::kMinuteMs;
}

void set(WallTime& time, int offset_minutes) {
  time.offset_minutes = offset_minutes;
  time.utc_ms = to_utc(time.local_ms, offset_minutes);
}

base::TimeZone::Local resolve(const WallTime& time, const base::TimeZone& zone) {
  return zone.resolve(floor_seconds(time.local_ms));
}

// Whether the rows run in time, up to a few exceptions (a clock put back, a stray row).
bool is_ordered(const std::vector<WallTime>& times) {
  std::size_t back = 0;
  for (std::size_t i = 1; i < times.size(); ++i) back += times[i].local_ms < times[i - 1].local_ms ? 1U : 0U;
  return back <= 3 + times.size() / 20;
}

bool runs_backwards(const std::vector<WallTime>& times) {
  std::size_t up = 0, down = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    up += times[i].local_ms > times[i - 1].local_ms ? 1U : 0U;
    down += times[i].local_ms < times[i - 1].local_ms ? 1U : 0U;
  }
  return down > up;
}

// The second pass of the hour that is repeated when summer time ends.
void mark_repeated_hour(std::vector<WallTime>& times, const base::TimeZone& zone) {
  // Less is a row out of place, not a clock put back by an hour.
  constexpr std::int64_t kStepBackMinMs = 15 * base::kMinuteMs;
  bool second_pass = false;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (resolve(times[i], zone).kind != LocalKind::kAmbiguous) {
      second_pass = false;
      continue;
    }
    if (i > 0) {
      const std::int64_t step_back = times[i - 1].local_ms - times[i].local_ms;
      if (step_back >= kStepBackMinMs && resolve(times[i - 1], zone).kind == LocalKind::kAmbiguous) second_pass = true;
    }
    if (second_pass) times[i].pass = 1;
  }
}

// A file sorted by wall time mixes the two passes of the hour, and one in no order hides them: there a wall time that
// comes with two values is one of each.
void pair_repeated_times(std::vector<WallTime>& times, const base::TimeZone& zone) {
  std::map<std::int64_t, std::vector<WallTime*>> hour;
  for (WallTime& time : times) {
    if (resolve(time, zone).kind == LocalKind::kAmbiguous) hour[time.local_ms].push_back(&time);
  }
  for (auto& [local, same] : hour) {
    const bool told = std::any_of(same.begin(), same.end(), [](const WallTime* time) { return time->pass != 0; });
    if (told) continue;
    const WallTime* second = nullptr;
    for (WallTime* time : same) {
      if (time->value == same.front()->value) continue;
      if (second == nullptr) second = time;
      if (time->value == second->value) time->pass = 1;
    }
  }
}

// The usual distance of two rows.
std::int64_t interval_ms(const std::vector<WallTime>& times) {
  std::vector<std::int64_t> distances;
  for (std::size_t i = 1; i < times.size(); ++i) distances.push_back(times[i].local_ms - times[i - 1].local_ms);
  if (distances.empty()) return 0;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle;
}

// Sorted by wall time, the two passes of the hour alternate: too many rows for one. The first pass goes on in the
// rhythm of the rows before it.
void part_mixed_hour(std::vector<WallTime>& times, const base::TimeZone& zone) {
  const std::int64_t interval = interval_ms(times);
  if (interval <= 0) return;
  for (std::size_t begin = 1; begin < times.size(); ++begin) {
    if (resolve(times[begin], zone).kind != LocalKind::kAmbiguous) continue;
    std::size_t end = begin;
    bool told = false;
    while (end < times.size() && resolve(times[end], zone).kind == LocalKind::kAmbiguous)
      told |= times[end++].pass != 0;
    const auto rows = static_cast<std::int64_t>(end - begin);
    std::int64_t last_ms = times[begin - 1].local_ms;
    for (std::size_t i = begin; i < end && !told && rows * interval > base::kHourMs * 3 / 2; ++i) {
      const std::int64_t beyond = (times[i].local_ms - last_ms) % interval;
      const bool in_rhythm = times[i].local_ms > last_ms && std::min(beyond, interval - beyond) <= interval / 10;
      if (in_rhythm) {
        last_ms = times[i].local_ms;
      } else {
        times[i].pass = 1;
      }
    }
    begin = end;
  }
}

// A clock that the wearer put back: the rows from there on show times that were shown before, with other values. The
// same rows listed again have the same values, and a single row that differs is a conflict.
void mark_clock_put_back(std::vector<WallTime>& times) {
  constexpr std::int64_t kStepBackMaxMs = 26 * base::kHourMs;
  constexpr std::size_t kRepeatedMin = 3;
  std::map<std::int64_t, double> seen;
  for (std::size_t begin = 0; begin < times.size();) {
    std::size_t end = begin + 1;
    while (end < times.size() && times[end].local_ms >= times[end - 1].local_ms) ++end;
    const std::int64_t step_back = begin == 0 ? 0 : times[begin - 1].local_ms - times[begin].local_ms;
    std::size_t repeated = 0, differing = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const auto before = seen.find(times[i].local_ms);
      if (before == seen.end() || times[i].pass != 0) continue;
      ++repeated;
      differing += before->second != times[i].value ? 1U : 0U;
    }
    const bool put_back = step_back <= kStepBackMaxMs && repeated >= kRepeatedMin && differing * 2 > repeated;
    for (std::size_t i = begin; i < end; ++i) {
      if (put_back && times[i].pass == 0 && seen.contains(times[i].local_ms)) times[i].pass = 1;
    }
    for (std::size_t i = begin; i < end; ++i) seen.emplace(times[i].local_ms, times[i].value);
    begin = end;
  }
}

}  // namespace

void place_in_order(std::vector<WallTime>& times, const base::TimeZone& zone) {
  if (runs_backwards(times)) std::reverse(times.begin(), times.end());
  if (is_ordered(times)) {
    mark_repeated_hour(times, zone);
    part_mixed_hour(times, zone);
    mark_clock_put_back(times);
  }
  pair_repeated_times(times, zone);
  for (WallTime& time : times) {
    const auto local = resolve(time, zone);
    const bool after = local.kind == LocalKind::kAmbiguous && time.pass > 0;
    set(time, after ? local.offset_after_minutes : local.offset_before_minutes);
  }
}

void place_ticking(std::vector<WallTime>& times, const base::TimeZone& zone) {
  constexpr std::int64_t kDriftMaxMs = 20 * base::kMinuteMs;
  constexpr std::int64_t kStepMs = 15 * base::kMinuteMs;  // time zones differ by multiples
  constexpr std::int64_t kStepToleranceMs = 5 * base::kMinuteMs;

  // When the counter began, by each row whose time is told once; most rows agree but for the clock's drift.
  std::vector<std::int64_t> beginnings;
  for (const WallTime& time : times) {
    const auto local = resolve(time, zone);
    if (local.kind == LocalKind::kUnique) {
      beginnings.push_back(to_utc(time.local_ms, local.offset_before_minutes) - time.tick_s * 1000);
    }
  }
  if (beginnings.empty()) {
    place_in_order(times, zone);
    return;
  }
  const auto middle = beginnings.begin() + static_cast<std::ptrdiff_t>(beginnings.size() / 2);
  std::nth_element(beginnings.begin(), middle, beginnings.end());
  const std::int64_t beginning_ms = *middle;

  for (WallTime& time : times) {
    const auto local = resolve(time, zone);
    const std::int64_t expected_ms = beginning_ms + time.tick_s * 1000;
    const auto error_ms = [&](int offset) { return to_utc(time.local_ms, offset) - expected_ms; };
    const bool after = std::abs(error_ms(local.offset_after_minutes)) < std::abs(error_ms(local.offset_before_minutes));
    set(time, after ? local.offset_after_minutes : local.offset_before_minutes);
    const std::int64_t error = time.utc_ms - expected_ms;
    if (std::abs(error) <= kDriftMaxMs) continue;
    // The device's clock shows another zone's time: the wearer travels, or has not changed it yet.
    const std::int64_t steps = (error + (error > 0 ? kStepMs : -kStepMs) / 2) / kStepMs;
    const std::int64_t offset = time.offset_minutes + steps * (kStepMs / base::kMinuteMs);
    if (std::abs(error - steps * kStepMs) <= kStepToleranceMs &&
        std::abs(offset) <= base::limits::kUtcOffsetMaxMinutes) {
      set(time, static_cast<int>(offset));
    }
  }
}

}  // namespace glucoledger::convert
