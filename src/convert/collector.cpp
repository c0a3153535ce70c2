#include "convert/collector.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/durations.h"
#include "base/limits.h"
#include "base/wall_time.h"

namespace glucoledger::convert {
namespace {

std::string_view kind_name(cgm::Kind kind) {
  return kind == cgm::Kind::kScan ? "scan" : "sensor";
}

std::int64_t floor_seconds(std::int64_t ms) {
  return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

}  // namespace

struct Collector::Placed {
  const RawReading* raw = nullptr;
  cgm::Unit unit = cgm::Unit::kMgDl;
  std::int64_t local_ms = 0;  // only where the file gives a wall time
  std::int64_t utc_ms = 0;
  int offset_minutes = 0;
  int pass = 0;
  std::string identity;

  bool is_wall_time() const { return !raw->utc_ms; }
  bool same_value(const Placed& other) const {
    const GlucoseCell& a = raw->glucose;
    const GlucoseCell& b = other.raw->glucose;
    return unit == other.unit && a.kind == b.kind && a.value == b.value && a.comparator == b.comparator &&
           a.absent_reason == b.absent_reason;
  }
};

Collector::Collector(std::string_view format, const ImportOptions& options) : options_(&options) {
  file_.format = std::string(format);
}

std::uint32_t Collector::device(std::string_view model, std::string_view serial) {
  const auto number = static_cast<std::uint32_t>(devices_.size());
  const auto [at, inserted] = device_numbers_.try_emplace({std::string(model), std::string(serial)}, number);
  if (inserted) devices_.push_back({at->first.first, at->first.second});
  return at->second;
}

std::uint32_t Collector::name(std::string_view text) {
  if (const auto known = name_numbers_.find(text); known != name_numbers_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  name_numbers_.emplace(std::string(text), number);
  names_.emplace_back(text);
  return number;
}

Result<void> Collector::add(RawReading raw) {
  if (raw_readings_.size() >= base::limits::kReadingsPerFileMax) {
    return fail(ErrorCode::kInputRefused, "the file holds more than 5 million readings", "export shorter periods");
  }
  raw_readings_.push_back(std::move(raw));
  return {};
}

void Collector::skip(std::size_t line, SkipReason reason, std::size_t other_line) {
  SkippedGroup& group = skipped_[reason];
  group.reason = reason;
  ++group.count;
  if (group.listed.size() < base::limits::kSkippedListedMax) group.listed.push_back({line, reason, other_line});
}

// The serial tells devices apart; where there is none, the model does.
std::string_view Collector::device_key(std::uint32_t device) const {
  const Device& known = devices_[device];
  return known.serial.empty() ? known.model : known.serial;
}

tl::unexpected<Error> Collector::nothing_usable() const {
  std::string reasons;
  for (const auto& [reason, group] : skipped_) {
    reasons += (reasons.empty() ? "" : "; ") + std::to_string(group.count) + " x " + std::string(describe(reason));
  }
  return fail(ErrorCode::kInputRefused, "the file holds no glucose reading that can be used",
              reasons.empty() ? "check that it is the export of the sensor's readings" : "left out: " + reasons);
}

Result<std::vector<Collector::Placed>> Collector::check_values() {
  std::vector<double> undeclared;
  bool unit_needed = false;
  for (const RawReading& raw : raw_readings_) {
    if (raw.unit) continue;
    const bool has_value =
        raw.glucose.kind != GlucoseCell::Kind::kNotANumber && raw.glucose.kind != GlucoseCell::Kind::kUnknownEnd;
    unit_needed = unit_needed || has_value;
    if (raw.glucose.kind == GlucoseCell::Kind::kNumber) undeclared.push_back(raw.glucose.value);
  }
  cgm::Unit unit = cgm::Unit::kMgDl;
  if (unit_needed) {
    GL_ASSIGN(unit, decide_unit(undeclared, header_unit, options_->unit));
  }
  std::vector<Placed> placed;
  placed.reserve(raw_readings_.size());
  for (const RawReading& raw : raw_readings_) {
    Placed row;
    row.raw = &raw;
    row.unit = raw.unit.value_or(unit);
    if (raw.glucose.kind == GlucoseCell::Kind::kEmpty) {
      skip(raw.line, SkipReason::kNoValue);
    } else if (raw.glucose.kind == GlucoseCell::Kind::kNotANumber) {
      skip(raw.line, SkipReason::kBadValue);
    } else if (raw.glucose.kind == GlucoseCell::Kind::kUnknownEnd) {
      skip(raw.line, SkipReason::kUnknownEnd);
    } else if (raw.glucose.kind == GlucoseCell::Kind::kNumber && !is_possible(raw.glucose.value, row.unit)) {
      skip(raw.line, SkipReason::kImpossibleValue);
    } else {
      placed.push_back(std::move(row));
    }
  }
  return placed;
}

Result<std::vector<Collector::Placed>> Collector::check_times(std::vector<Placed> placed) {
  DateOrder order = date_order.value_or(DateOrder::kYearMonthDay);
  if (!date_order) {
    DateOrderVote vote;
    for (const Placed& row : placed) {
      if (row.is_wall_time()) vote.add(row.raw->time);
    }
    GL_ASSIGN(order, vote.decide(options_->date_order));
  }
  std::vector<Placed> kept;
  kept.reserve(placed.size());
  for (Placed& row : placed) {
    if (row.is_wall_time()) {
      const auto local = convert::local_ms(row.raw->time, order);
      if (!local) {
        skip(row.raw->line, SkipReason::kNoTime);
        continue;
      }
      row.local_ms = *local;
    }
    kept.push_back(std::move(row));
  }
  return kept;
}

Result<base::TimeZone> Collector::choose_zone() {
  if (options_->time_zone) {
    file_.time_zone_source = ZoneSource::kOption;
    return base::TimeZone::find(*options_->time_zone);
  }
  file_.time_zone_source = options_->default_time_zone.empty() ? ZoneSource::kMachine : ZoneSource::kHome;
  return base::TimeZone::find(options_->default_time_zone);
}

Result<void> Collector::place(std::vector<Placed>& placed) {
  bool zone_needed = false;
  for (Placed& row : placed) {
    const RawReading& raw = *row.raw;
    const auto offset = row.is_wall_time() ? raw.time.offset_minutes : raw.offset_minutes;
    if (!offset) {
      zone_needed = true;
      continue;
    }
    row.offset_minutes = *offset;
    row.utc_ms = row.is_wall_time() ? row.local_ms - *offset * base::kMinuteMs : *raw.utc_ms;
  }
  if (options_->time_zone || zone_needed) {
    GL_TRY(zone, choose_zone());
    if (!zone_needed) {  // a zone was named, and is known, but the file needs none
      file_.time_zone_source = ZoneSource::kFile;
      return {};
    }
    file_.time_zone = zone.name();
    for (Placed& row : placed) {
      if (row.is_wall_time() || row.raw->offset_minutes) continue;
      row.utc_ms = *row.raw->utc_ms;
      row.offset_minutes = zone.offset_minutes_at(floor_seconds(row.utc_ms));
    }
    place_wall_times(placed, zone);
  }
  return {};
}

void Collector::place_wall_times(std::vector<Placed>& placed, const base::TimeZone& zone) {
  // One clock each: a transmitter's ticks, or the readings of one kind on one device.
  std::map<std::pair<bool, std::pair<std::uint32_t, cgm::Kind>>, std::vector<WallTime>> clocks;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const RawReading& raw = *placed[i].raw;
    if (!placed[i].is_wall_time() || raw.time.offset_minutes) continue;
    WallTime time;
    time.local_ms = placed[i].local_ms;
    time.tick_s = raw.tick.value_or(0);
    time.value = raw.glucose.value;
    time.index = i;
    const std::uint32_t clock = raw.tick ? raw.tick_source : raw.device;
    clocks[{raw.tick.has_value(), {clock, raw.kind}}].push_back(time);
  }
  std::size_t elsewhere = 0, nonexistent = 0;
  for (auto& [clock, times] : clocks) {
    clock.first ? place_ticking(times, zone) : place_in_order(times, zone);
    for (const WallTime& time : times) {
      Placed& row = placed[time.index];
      row.utc_ms = time.utc_ms;
      row.offset_minutes = time.offset_minutes;
      row.pass = time.pass;
      const auto local = zone.resolve(floor_seconds(time.local_ms));
      if (local.kind == base::TimeZone::LocalKind::kNonexistent) ++nonexistent;
      const bool usual =
          row.offset_minutes == local.offset_before_minutes || row.offset_minutes == local.offset_after_minutes;
      if (!usual) ++elsewhere;
    }
  }
  if (elsewhere > 0) {
    file_.warnings.push_back("The device's clock did not show the time of " + zone.name() + " for " +
                             std::to_string(elsewhere) +
                             " readings (travel, or a clock changed late); the transmitter's own time was used.");
  }
  if (nonexistent > 0) {
    file_.warnings.push_back(std::to_string(nonexistent) + " readings stand in an hour that " + zone.name() +
                             " leaves out when summer time begins; they were taken as an hour later.");
  }
}

void Collector::identify(std::vector<Placed>& placed) const {
  std::unordered_set<std::string> first_pass;
  const auto wall_key = [&](const Placed& row, int occurrence) {
    return "wall|" + std::string(kind_name(row.raw->kind)) + "|" + base::wall_time_text(row.local_ms) + "|" +
           std::to_string(occurrence) + "|" + std::string(device_key(row.raw->device));
  };
  const auto is_plain_wall = [](const Placed& row) {
    return !row.raw->tick && row.is_wall_time() && !row.raw->time.offset_minutes;
  };
  const bool repeated = std::any_of(placed.begin(), placed.end(), [](const Placed& row) { return row.pass > 0; });
  for (const Placed& row : placed) {
    if (repeated && row.pass == 0 && is_plain_wall(row)) first_pass.insert(wall_key(row, 0));
  }
  for (Placed& row : placed) {
    const RawReading& raw = *row.raw;
    if (raw.tick) {
      row.identity = "tick|" + std::to_string(*raw.tick) + "|" + names_[raw.tick_source];
    } else if (is_plain_wall(row)) {
      row.identity = wall_key(row, 0);
      if (row.pass > 0 && first_pass.contains(row.identity)) row.identity = wall_key(row, row.pass);
    } else {
      row.identity = "instant|" + std::string(kind_name(raw.kind)) + "|" + std::to_string(row.utc_ms) + "|" +
                     std::string(device_key(raw.device));
    }
  }
}

void Collector::drop_repeats(std::vector<Placed>& placed) {
  // A counter that began anew (another sensor under the same name) is no repetition.
  constexpr std::int64_t kSameReadingMaxMs = 26 * 60 * base::kMinuteMs;
  std::unordered_map<std::string, std::size_t> first;
  first.reserve(placed.size());
  std::vector<Placed> kept;
  kept.reserve(placed.size());
  for (Placed& row : placed) {
    auto [at, is_new] = first.try_emplace(row.identity, kept.size());
    if (!is_new && row.raw->tick && std::abs(kept[at->second].utc_ms - row.utc_ms) > kSameReadingMaxMs) {
      row.identity += "|" + base::wall_time_text(row.utc_ms + row.offset_minutes * base::kMinuteMs);
      std::tie(at, is_new) = first.try_emplace(row.identity, kept.size());
    }
    if (is_new) {
      kept.push_back(std::move(row));
      continue;
    }
    const Placed& before = kept[at->second];
    if (before.same_value(row)) {
      skip(row.raw->line, SkipReason::kDuplicate);
    } else {
      skip(row.raw->line, SkipReason::kConflict, before.raw->line);
    }
  }
  placed = std::move(kept);
}

void Collector::drop_future(std::vector<Placed>& placed) {
  std::erase_if(placed, [&](const Placed& row) {
    if (row.utc_ms <= options_->now_ms + base::kDayMs) return false;
    skip(row.raw->line, SkipReason::kFuture);
    return true;
  });
}

// Two uploaders of one sensor write nearly the same times and exactly the same values; two sensors agree by chance
// only.
void Collector::drop_second_uploads(std::vector<Placed>& placed) {
  constexpr std::int64_t kSameReadingMaxMs = 30'000;            // no sensor measures more often than once a minute
  std::map<std::uint32_t, std::vector<std::size_t>> by_device;  // in time
  for (std::size_t i = 0; i < placed.size(); ++i) by_device[placed[i].raw->device].push_back(i);
  std::vector<bool> dropped(placed.size(), false);
  const auto near = [&](const std::vector<std::size_t>& others, const Placed& row) -> const Placed* {
    const auto at = std::lower_bound(others.begin(), others.end(), row.utc_ms - kSameReadingMaxMs,
                                     [&](std::size_t i, std::int64_t utc_ms) { return placed[i].utc_ms < utc_ms; });
    const Placed* found = nullptr;
    std::size_t looked_at = 0;
    for (auto i = at; i != others.end() && placed[*i].utc_ms <= row.utc_ms + kSameReadingMaxMs; ++i) {
      if (++looked_at > base::limits::kReadingsComparedMax) break;
      if (dropped[*i] || placed[*i].raw->kind != row.raw->kind) continue;
      if (placed[*i].same_value(row)) return &placed[*i];
      found = &placed[*i];
    }
    return found;
  };
  for (auto second = by_device.begin(); second != by_device.end(); ++second) {
    std::vector<std::size_t>& own = second->second;
    for (std::size_t i = 1; i < own.size(); ++i) {
      const Placed& before = placed[own[i - 1]];
      const Placed& row = placed[own[i]];
      if (row.utc_ms - before.utc_ms <= kSameReadingMaxMs && row.same_value(before) && !dropped[own[i - 1]]) {
        dropped[own[i]] = true;
      }
    }
    for (auto first = by_device.begin(); first != second && by_device.size() <= base::limits::kUploadersComparedMax;
         ++first) {
      std::vector<std::size_t> same;
      std::size_t close = 0;
      for (const std::size_t i : own) {
        const Placed* other = dropped[i] ? nullptr : near(first->second, placed[i]);
        if (other == nullptr) continue;
        ++close;
        if (other->same_value(placed[i])) same.push_back(i);
      }
      if (same.size() * 5 >= close * 4) {
        for (const std::size_t i : same) dropped[i] = true;
      }
    }
  }
  std::vector<Placed> kept;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (dropped[i]) {
      skip(placed[i].raw->line, SkipReason::kDuplicate);
    } else {
      kept.push_back(std::move(placed[i]));
    }
  }
  placed = std::move(kept);
}

cgm::Reading Collector::reading(Placed& placed) const {
  const RawReading& raw = *placed.raw;
  cgm::Reading reading;
  reading.utc_ms = placed.utc_ms;
  reading.utc_offset_minutes = placed.offset_minutes;
  reading.unit = placed.unit;
  reading.kind = raw.kind;
  reading.device_model = devices_[raw.device].model;
  reading.device_serial = devices_[raw.device].serial;
  reading.identity = std::move(placed.identity);
  reading.source_line = raw.line;
  switch (raw.glucose.kind) {
    case GlucoseCell::Kind::kBelowRange:
      reading.value = limits.low(placed.unit);
      reading.comparator = cgm::Comparator::kBelow;
      break;
    case GlucoseCell::Kind::kAboveRange:
      reading.value = limits.high(placed.unit);
      reading.comparator = cgm::Comparator::kAbove;
      break;
    case GlucoseCell::Kind::kAbsent:
      reading.absent_reason = raw.glucose.absent_reason;
      break;
    default:
      reading.value = raw.glucose.text;
      reading.comparator = raw.glucose.comparator;
      break;
  }
  return reading;
}

Result<ImportedFile> Collector::finish() {
  GL_TRY(with_values, check_values());
  GL_TRY(placed, check_times(std::move(with_values)));
  GL_CHECK(place(placed));
  identify(placed);
  drop_repeats(placed);
  drop_future(placed);
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.utc_ms < b.utc_ms; });
  if (devices_are_uploaders) drop_second_uploads(placed);
  if (placed.empty()) return nothing_usable();
  file_.readings.reserve(placed.size());
  for (Placed& row : placed) file_.readings.push_back(reading(row));
  for (auto& [reason, group] : skipped_) {
    std::sort(group.listed.begin(), group.listed.end(),
              [](const Skipped& a, const Skipped& b) { return a.line < b.line; });
    file_.skipped.push_back(std::move(group));
  }
  file_.patient = patient;
  file_.subject = subject;
  return std::move(file_);
}

}  // namespace glucoledger::convert
