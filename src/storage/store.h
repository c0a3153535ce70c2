// What the embedded ledger asks of a store: one writer, and any number of readers beside it.
#pragma once

#include <memory>
#include <shared_mutex>

#include "ledger/state_storage.h"

namespace glucoledger::storage {

class Store {
 public:
  using View = std::unique_ptr<const ledger::StateReader>;

  virtual ~Store() = default;
  // All that was committed before the call, and nothing of what comes later, for as long as the view lives. Views are
  // for one call: a store that must be opened anew waits for them. A thread holds one at a time. Never waits for a
  // commit.
  virtual Result<View> view() = 0;
  // All of the changes or none; durable when it returns. One at a time, and by a thread that holds no view.
  virtual Result<void> commit(const ledger::StateBatch& batch) = 0;
};

// For tests and rehearsals: nothing stays when it goes.
class VolatileStore final : public Store {
 public:
  Result<View> view() override;
  Result<void> commit(const ledger::StateBatch& batch) override;

 private:
  std::shared_mutex mutex_;
  ledger::MemoryStore content_;
};

}  // namespace glucoledger::storage
