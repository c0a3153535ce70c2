// Orders the commands of a ledger that one process has for itself: as they arrive, at the time of its clock.
//
// Commands that arrive at the same time share one sync (commit_queue.h), and one milestone where they want to be
// confirmed at once. What was answered survives power loss. Thread-safe.
#pragma once

#include <list>

#include "base/clock.h"
#include "base/mutex.h"
#include "ledger_store/commit_queue.h"
#include "ledger_store/engine.h"
#include "ledger_store/replica.h"

namespace glucoledger::ledger_store {

class LocalSequencer {
 public:
  using Action = decltype(ledger::Command::action);
  using Done = std::function<void(Result<ledger::Outcome> outcome)>;
  enum class Confirm { kLater, kAtOnce };  // by a milestone in the same commit

  // Both outlive this; nobody else uses the engine meanwhile.
  LocalSequencer(Engine& engine, const base::Clock& clock);
  // Returns when it is durable, or has failed.
  Result<ledger::Outcome> run(Action action, Confirm confirm = Confirm::kLater);
  // The same without waiting: `done` is called by the thread that commits, and must be quick and not block.
  void add(Action action, Done done);
  Replica::Subscription subscribe(Replica::Listener listener);

 private:
  void commit_group(const CommitQueue::Group& group);
  Result<Commit> apply_group(const CommitQueue::Group& group);
  void tell(const Commit& commit);

  Engine& engine_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::list<Replica::Listener> listeners_ GUARDED_BY(mutex_);
  CommitQueue queue_;  // goes first: its thread uses the rest
};

}  // namespace glucoledger::ledger_store
