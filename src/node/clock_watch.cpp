#include "node/clock_watch.h"

#include <algorithm>

#include "base/durations.h"
#include "base/wall_time.h"

namespace glucoledger::node {
namespace {

constexpr std::int64_t kBehindMaxMs = base::kMinuteMs;        // as clocks are set a little, back and forth
constexpr std::int64_t kRememberedMs = 10 * base::kMinuteMs;  // after the last of such transactions

std::string minutes_text(std::int64_t ms) {
  return std::to_string(ms / base::kMinuteMs) + " min";
}

}  // namespace

std::int64_t ClockWatch::latest_stamp_ms(std::span<const ledger::Transaction> transactions) {
  std::int64_t latest_ms = 0;
  for (const ledger::Transaction& transaction : transactions) latest_ms = std::max(latest_ms, transaction.stamped_ms());
  return latest_ms;
}

void ClockWatch::see_refused(std::int64_t stamped_ms) {
  const std::int64_t ahead_ms = stamped_ms - clock_.now_ms();
  if (ahead_ms <= replica_.parameters().timestamp_future_max_ms) return;
  ahead_ms_ = ahead_ms;
  seen_at_ms_ = clock_.steady_ms();
}

std::optional<std::string> ClockWatch::doubt(std::int64_t ledger_time_ms) const {
  const std::int64_t now_ms = clock_.now_ms();
  const std::string clock = "this node's clock, " + base::wall_time_text(now_ms / 1000 * 1000) + "Z, ";
  if (ledger_time_ms - now_ms > kBehindMaxMs) {
    return clock + "is at least " + minutes_text(ledger_time_ms - now_ms) + " behind the ledger's time: set it right";
  }
  const std::int64_t ahead_ms = ahead_ms_;
  if (ahead_ms == 0 || clock_.steady_ms() - seen_at_ms_ > kRememberedMs) return std::nullopt;
  return clock + "may be behind: transactions were refused that are stamped " + minutes_text(ahead_ms) + " later";
}

}  // namespace glucoledger::node
