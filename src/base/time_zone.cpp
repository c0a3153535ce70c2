#include "base/time_zone.h"

#include <date/tz.h>

#include <cstdlib>
#include <exception>
#include <utility>

#include "base/limits.h"

namespace glucoledger::base {
namespace {

int minutes_of(std::chrono::seconds offset) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
}

// Further away the library's calendar overflows; no reading is that old or that far ahead.
constexpr std::int64_t kTimeMaxS = (limits::kDayMax + 1) * 86'400 - 1;
bool in_range(std::int64_t seconds) {
  return seconds >= -kTimeMaxS && seconds <= kTimeMaxS;
}

}  // namespace

struct TimeZone::Cache {
  const date::time_zone* zone = nullptr;
  // Wall times in [local_from, local_to) are unique and have `local_offset`; instants likewise.
  std::int64_t local_from = 0, local_to = 0;
  std::int64_t utc_from = 0, utc_to = 0;
  int local_offset = 0, utc_offset = 0;
};

TimeZone::TimeZone(std::string name, std::unique_ptr<Cache> cache) : name_(std::move(name)), cache_(std::move(cache)) {}
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;
TimeZone::~TimeZone() = default;

std::string TimeZone::machine_name() {
  const char* variable = std::getenv("TZ");
  if (variable != nullptr && *variable != '\0') {
    std::string name = *variable == ':' ? variable + 1 : variable;
    constexpr std::string_view kFolder = "zoneinfo/";
    if (const auto at = name.find(kFolder); at != std::string::npos) name.erase(0, at + kFolder.size());
    if (find(name)) return name;
  }
  try {
    return date::current_zone()->name();
  } catch (const std::exception&) {
    return "UTC";
  }
}

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (name.empty()) return find(machine_name());
  try {
    auto cache = std::make_unique<Cache>();
    cache->zone = date::locate_zone(name);
    cache->zone->get_info(date::sys_seconds(std::chrono::seconds(0)));  // loads it now, where it may fail
    return TimeZone(std::string(name), std::move(cache));
  } catch (const std::exception&) {
    return fail(ErrorCode::kUsage, "there is no time zone of the name given",
                "give a name as in the tz database, such as Europe/Berlin (package tzdata)");
  }
}

TimeZone::Local TimeZone::resolve(std::int64_t local_s) const {
  Cache& cache = *cache_;
  if (local_s >= cache.local_from && local_s < cache.local_to) {
    return {LocalKind::kUnique, cache.local_offset, cache.local_offset};
  }
  if (!in_range(local_s)) return {};
  try {
    const auto info = cache.zone->get_info(date::local_seconds(std::chrono::seconds(local_s)));
    const int first = minutes_of(info.first.offset);
    switch (info.result) {
      case date::local_info::ambiguous:
        return {LocalKind::kAmbiguous, first, minutes_of(info.second.offset)};
      case date::local_info::nonexistent:
        return {LocalKind::kNonexistent, first, minutes_of(info.second.offset)};
      default:
        break;
    }
    // Only the middle of a period is surely unique: its ends may be repeated or left out.
    constexpr std::int64_t kMarginS = 26 * 3600;
    cache.local_from = info.first.begin.time_since_epoch().count() + kMarginS;
    cache.local_to = info.first.end.time_since_epoch().count() - kMarginS;
    cache.local_offset = first;
    return {LocalKind::kUnique, first, first};
  } catch (const std::exception&) {
    return {};
  }
}

int TimeZone::offset_minutes_at(std::int64_t utc_s) const {
  Cache& cache = *cache_;
  if (utc_s >= cache.utc_from && utc_s < cache.utc_to) return cache.utc_offset;
  if (!in_range(utc_s)) return 0;
  try {
    const auto info = cache.zone->get_info(date::sys_seconds(std::chrono::seconds(utc_s)));
    cache.utc_from = info.begin.time_since_epoch().count();
    cache.utc_to = info.end.time_since_epoch().count();
    cache.utc_offset = minutes_of(info.offset);
    return cache.utc_offset;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace glucoledger::base
