// Time zones: local wall times to instants and back, through daylight saving.
//
// A zone is named as in the system's tz database ("Europe/Berlin"). Times are seconds since 1970-01-01, of UTC or, for
// a wall time, of the same calendar read without a zone. Offsets are minutes east of UTC. Looking up costs about 100
// ns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace glucoledger::base {

class TimeZone {
 public:
  // Unknown: kUsage. Empty: the machine's.
  static Result<TimeZone> find(std::string_view name);
  // $TZ, else what /etc/localtime points to, else "UTC".
  static std::string machine_name();

  TimeZone(TimeZone&&) noexcept;
  TimeZone& operator=(TimeZone&&) noexcept;
  ~TimeZone();

  enum class LocalKind {
    kUnique,
    kAmbiguous,    // the hour that is repeated when summer time ends
    kNonexistent,  // the hour that is left out when it begins
  };
  struct Local {
    LocalKind kind = LocalKind::kUnique;
    // Before and after the change; the same where the time is unique. A nonexistent time is meant with the offset
    // before, as by a clock that nobody put forward.
    int offset_before_minutes = 0;
    int offset_after_minutes = 0;
  };
  Local resolve(std::int64_t local_s) const;
  int offset_minutes_at(std::int64_t utc_s) const;
  const std::string& name() const { return name_; }

 private:
  struct Cache;
  TimeZone(std::string name, std::unique_ptr<Cache> cache);
  std::string name_;
  std::unique_ptr<Cache> cache_;  // the last answers: times of a file lie close together
};

}  // namespace glucoledger::base
