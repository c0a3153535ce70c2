// Time as an input: whoever decides or waits by it is handed a Clock, so that tests choose it. Real time is left to
// what waits for the outside: sockets, locks of other processes, signals of other threads.
#pragma once

#include <cstdint>

#include "base/cancel.h"

namespace glucoledger::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;     // milliseconds since 1970-01-01 UTC; may be set back
  virtual std::int64_t steady_ms() const = 0;  // since an arbitrary moment; never goes back
  // Lets that much time pass; true as soon as cancelled.
  virtual bool wait_ms(std::int64_t duration_ms, const CancelToken& cancel) const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
  std::int64_t steady_ms() const override;
  bool wait_ms(std::int64_t duration_ms, const CancelToken& cancel) const override;
};

}  // namespace glucoledger::base
