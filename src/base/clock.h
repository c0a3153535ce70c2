// Time as an input: whoever needs it is handed a Clock, so that tests choose it.
#pragma once

#include <cstdint>

namespace glucoledger::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;  // milliseconds since 1970-01-01 UTC
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
};

}  // namespace glucoledger::base
