// Whether the node's clock may be wrong: what operators are told, since nothing else goes wrong but refusals.
//
// A node knows of two signs. The ledger's time is ahead of the clock, as after the clock was set back. And transactions
// come that are stamped further ahead of it than the ledger allows: then either their sender's clock is wrong or the
// node's, so it is a doubt and no trouble; who sends some on purpose changes no more than that text. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "ledger_store/replica.h"

namespace glucoledger::node {

class ClockWatch {
 public:
  // Both outlive this.
  ClockWatch(const ledger_store::Replica& replica, const base::Clock& clock) : replica_(replica), clock_(clock) {}

  // When the last of these was stamped; 0: none was.
  static std::int64_t latest_stamp_ms(std::span<const ledger::Transaction> transactions);
  // Transactions were refused, of which the last was stamped then.
  void see_refused(std::int64_t stamped_ms);
  // Of a ledger whose time is this one.
  std::optional<std::string> doubt(std::int64_t ledger_time_ms) const;

 private:
  const ledger_store::Replica& replica_;
  const base::Clock& clock_;
  // The last stamp that was too far ahead, by how much, and when it came on the steady clock; 0: none yet.
  std::atomic<std::int64_t> ahead_ms_ = 0;
  std::atomic<std::int64_t> seen_at_ms_ = 0;
};

}  // namespace glucoledger::node
