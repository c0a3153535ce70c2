#include "base/clock.h"

#include <chrono>

namespace glucoledger::base {
namespace {

template <typename Duration>
std::int64_t in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

std::int64_t SystemClock::now_ms() const {
  return in_ms(std::chrono::system_clock::now().time_since_epoch());
}

std::int64_t SystemClock::steady_ms() const {
  return in_ms(std::chrono::steady_clock::now().time_since_epoch());
}

bool SystemClock::wait_ms(std::int64_t duration_ms, const CancelToken& cancel) const {
  return cancel.wait_ms(duration_ms);
}

}  // namespace glucoledger::base
