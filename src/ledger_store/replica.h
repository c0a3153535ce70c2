// A ledger as a node serves it: questions to its state, and transactions for whoever orders its commands.
//
// Behind it: a ledger that one process orders by itself (tangle.h); later one on whose order several nodes agree.
// Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "ledger_store/reader.h"

namespace glucoledger::ledger_store {

// What one commit added: what history_after(before) tells, up to `after`.
struct Commit {
  ledger::Position before;
  ledger::Position after;
  std::chrono::nanoseconds duration{};  // of applying and writing
};

class Replica : public Reader {
 public:
  virtual const ledger::Parameters& parameters() const = 0;

  // Parts of bundles in any order, confirmed by a milestone to come; known ones are ignored. What the transactions show
  // by themselves is judged at once. `done` is called when they are durable or refused, by this thread or by the one
  // that commits: it must be quick and not block.
  using Done = std::function<void(Result<void> result)>;
  virtual void submit_without_milestone(std::span<const ledger::Transaction> transactions, Done done) = 0;
  // The same, and waits until they are.
  Result<void> submit_without_milestone(std::span<const ledger::Transaction> transactions);
  // What submitting these transactions at that time would say if they bore their proof of work; nothing is kept.
  Result<void> rehearse(std::span<const ledger::Transaction> transactions, std::int64_t time_ms);

  // Called after each commit, in their order, by a thread that commits and before it answers: it must be quick, must
  // not block and must not call the ledger. Ends when the subscription goes, which waits for a call that is under way;
  // the ledger must live longer.
  using Listener = std::function<void(const Commit& commit)>;
  using Subscription = std::unique_ptr<void, std::function<void(void*)>>;
  [[nodiscard]] virtual Subscription subscribe(Listener listener) = 0;
};

}  // namespace glucoledger::ledger_store
