// What all replicas of a ledger do alike: take commands in an order that others decide, and commit what they led to.
//
//   GL_TRY(block, engine.begin());
//   const auto outcome = block.apply(command);     // one after the other
//   GL_CHECK(engine.commit(std::move(block)));     // durable, all of it or nothing
//
// No clock, no queue, no threads: whoever orders commands (a sequencer) brings time with them. Sequencers are
// local_sequencer.h, and later a consensus, which may compare what blocks lead to before it commits them. One block at
// a time, used and committed by one thread.
#pragma once

#include <memory>
#include <optional>

#include "ledger/command.h"
#include "ledger/history.h"
#include "ledger_store/store.h"

namespace glucoledger::ledger_store {

// Commands that were applied and not committed. When it goes, nothing is left of them.
class Block {
 public:
  // A command that fails leaves nothing of itself; errors as ledger::apply().
  Result<ledger::Outcome> apply(const ledger::Command& command);
  // Nothing: there is no ledger yet.
  const std::optional<ledger::Parameters>& parameters() const { return parameters_; }
  // Where the ledger stood when the block began, and where it stands with it.
  const ledger::Position& before() const { return before_; }
  Result<ledger::Position> after() const { return ledger::latest_position(*batch_); }
  // The same in every replica that took the same commands.
  Result<ledger::Summary> summary() const { return ledger::summary(*batch_); }

 private:
  friend class Engine;
  Block(Store::View view, const ledger::Position& before);
  Result<void> read_parameters();

  Store::View view_;
  std::unique_ptr<ledger::StateBatch> batch_;  // over the view
  std::optional<ledger::Parameters> parameters_;
  ledger::Position before_;
};

class Engine {
 public:
  explicit Engine(Store& store) : store_(store) {}  // which outlives this

  // On all that was committed. Fails where the store cannot be written.
  Result<Block> begin();
  // Durable when it returns; where it fails, all of the block's commands have.
  Result<void> commit(Block block);
  // A block of one command.
  Result<ledger::Outcome> run(const ledger::Command& command);

 private:
  Store& store_;
};

}  // namespace glucoledger::ledger_store
