// Brings bundles that are fixed in the outbox onto the ledger and waits for their confirmation.
//
// Safe to repeat at any point: a bundle that is on the ledger already is not attached again, and an attachment renews
// trunk, branch, timestamps and nonce alone. Right before a row is handed to the ledger, one transaction records that
// it leaves, if it still may: a revocation by any process holds from its commit on. A row is marked `left` once a
// ledger accepted it and closed once it is confirmed (or, where the ledger confirms no data, read back). Proofs of work
// and submissions go on beside the signing of what comes next (attach_pipeline.h); the home's books are kept by the
// calling thread alone, in few transactions, and it looks meanwhile for what other processes have changed.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/attach_pipeline.h"
#include "home/outbox.h"
#include "ports/world.h"

namespace glucoledger::exchange {

// As MAM writes it. Anyone may add 9s to what stands on the ledger, in a bundle of their own.
std::string_view without_padding(std::string_view payload_trytes);

// kInterrupted, with what is safe and the next step.
Error delivery_stopped();

struct DeliveryCounts {
  std::size_t closed = 0;
  std::size_t read_back = 0;    // of these: closed because they were read back, not confirmed
  std::size_t unconfirmed = 0;  // accepted, and not confirmed in time
  std::size_t held = 0;         // of these, where it was looked for: the ledger hands them out (ports::Ledger::held)
};

// Where rows come from while others leave.
struct DeliverySource {
  using Rows = Result<std::vector<home::Outgoing>>;
  // Rows that were just fixed and never sent, some at a time; none: that was all.
  std::function<Rows()> next;
  // Called when another process has changed the home: rows that go before all others. May be absent.
  std::function<Rows()> urgent;
  // Called right before the first messages of their epochs leave in this run: true where some may not any more. May be
  // absent.
  std::function<Result<bool>(std::span<const home::Outgoing>)> look_again;
  // How many wait in the home and are not closed, for who waits: asked at first, and when another process has changed
  // the home.
  std::function<Result<std::size_t>()> waiting;
  // Called again and again: true where it added something. May be absent.
  std::function<bool()> meanwhile;
};

class Delivery {
 public:
  // `hold_wait_ms`: how long another process is waited for that holds departures off (home/signing_lease.h).
  Delivery(home::Home& home, ports::Ledger& ledger, const ports::World& world, int min_weight_magnitude,
           bool confirms_data, std::int64_t hold_wait_ms = home::Departure::kWaitMs)
      : home_(home),
        ledger_(ledger),
        world_(world),
        mwm_(min_weight_magnitude),
        confirms_data_(confirms_data),
        hold_wait_ms_(hold_wait_ms) {}

  // Returns when the ledger accepted them.
  Result<void> send_all(const DeliverySource& source);
  Result<void> send(std::vector<home::Outgoing> rows);
  // Rows of an earlier run, which may have arrived. Those that have not, or that are not confirmed in time, are
  // returned, to be sent.
  static constexpr std::int64_t kResumeWaitMs = 5'000;
  Result<std::vector<home::Outgoing>> resume(std::span<const home::Outgoing> rows,
                                             std::int64_t wait_ms = kResumeWaitMs);
  // Waits until what was sent is confirmed, so long at most. Of the rest it may be looked whether the ledger holds it.
  static constexpr std::int64_t kConfirmationWaitMs = 20'000;
  enum class Rest { kWaits, kIsLookedFor };
  Result<void> settle(std::int64_t wait_ms = kConfirmationWaitMs, Rest rest = Rest::kWaits);
  const DeliveryCounts& counts() const { return counts_; }

 private:
  // The pauses between two looks at what is confirmed.
  struct LookPace {
    std::int64_t next_look_ms = 0;
    std::int64_t last_success_ms = 0;
    std::int64_t pause_ms = 0;
  };

  Result<std::vector<Accepted>> find_on_ledger(std::span<const home::Outgoing> rows);
  Result<void> drive(AttachPipeline& pipeline, const DeliverySource& source, std::size_t total);
  // True where another process has changed the home.
  Result<bool> heed_others(AttachPipeline& pipeline, const DeliverySource& source);
  Result<void> drop_unwanted(AttachPipeline& pipeline);
  // What is attached and may leave, leaves; in the same transaction the books are kept.
  Result<void> let_leave(AttachPipeline& pipeline, const DeliverySource& source);
  Result<void> look_again(AttachPipeline& pipeline, const DeliverySource& source, std::span<const Attached> batch);
  // Takes what was accepted into the books, and appends it to `sent_`.
  void collect(AttachPipeline& pipeline);
  Result<void> keep_books();
  void tell(std::uint64_t hashes, std::int64_t since_ms, std::size_t done, std::size_t total) const;
  Result<void> look_for_confirmation(LookPace& pace);
  // Closes what is confirmed within the time; the rest stays in `sent`, as in the following.
  Result<void> await_confirmation(std::vector<Accepted>& sent, std::int64_t wait_ms);
  Result<void> close_confirmed(std::vector<Accepted>& sent);
  Result<void> close_held(std::vector<Accepted>& sent);
  Result<std::vector<bool>> are_held(const std::vector<Accepted>& sent);
  // Takes what is done into the books.
  void close(std::vector<Accepted>& sent, const std::vector<bool>& done);

  home::Home& home_;
  ports::Ledger& ledger_;
  const ports::World& world_;
  int mwm_;
  bool confirms_data_;
  std::int64_t hold_wait_ms_;
  std::set<std::int64_t> epochs_looked_at_;
  std::vector<Accepted> sent_;  // accepted, and not confirmed yet
  // The books: what the home is to be told with its next transaction.
  std::vector<home::Outgoing> left_;
  std::vector<home::Outgoing> closed_;
  DeliveryCounts counts_;
};

}  // namespace glucoledger::exchange
