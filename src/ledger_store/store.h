// What the embedded ledger asks of a store: one writer, and any number of readers beside it.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "ledger/state_storage.h"

namespace glucoledger::ledger_store {

class Store {
 public:
  using View = std::unique_ptr<const ledger::StateReader>;

  virtual ~Store() = default;
  // All that was committed before the call, and nothing of what comes later, for as long as the view lives. Views are
  // for one call: a store that must be opened anew waits for them. A thread holds one at a time. Never waits for a
  // commit.
  virtual Result<View> view() = 0;
  // The same, for what is to be committed: fails where the store cannot be written, though a view may still be had.
  virtual Result<View> view_for_commit() { return view(); }
  // All of the changes or none; durable when it returns. One at a time, and by a thread that holds no view.
  virtual Result<void> commit(const ledger::StateBatch& batch) = 0;
  // Takes bodies that were erased off the disk now rather than some day.
  virtual Result<void> reclaim() = 0;
};

// For tests and rehearsals: nothing stays when it goes.
class VolatileStore final : public Store {
 public:
  Result<View> view() override;
  Result<void> commit(const ledger::StateBatch& batch) override;
  Result<void> reclaim() override { return {}; }

 private:
  base::SharedMutex mutex_;
  ledger::MemoryStore content_ GUARDED_BY(mutex_);
};

}  // namespace glucoledger::ledger_store
