#include "base/cancel.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace glucoledger::base {

Result<void> CancelToken::check() const {
  if (!cancelled()) return {};
  return fail(ErrorCode::kInterrupted, "stopped", "nothing is lost: repeat to go on");
}

bool CancelToken::wait_ms(std::int64_t duration_ms) const {
  using Steady = std::chrono::steady_clock;
  constexpr auto kStep = std::chrono::milliseconds(20);
  const auto end = Steady::now() + std::chrono::milliseconds(std::max<std::int64_t>(duration_ms, 0));
  for (auto now = Steady::now(); now < end && !cancelled(); now = Steady::now()) {
    std::this_thread::sleep_for(std::min<Steady::duration>(kStep, end - now));
  }
  return cancelled();
}

}  // namespace glucoledger::base
