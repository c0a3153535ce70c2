// The embedded ledger: the state machine of ledger/state.h over RocksDB in a folder, or in memory for tests.
//
// It is put together of a store (store.h), the engine that applies commands to it (engine.h) and a sequencer of its own
// (local_sequencer.h); reader.h has the questions to it. A folder may serve several processes of one machine: who
// writes holds the folder's lock for as long as the object lives, and others wait their turn; who opens it read-only
// needs no lock and sees all that was acknowledged before each call. What submit() acknowledged survives power loss.
// Full disk and read-only file systems: kFailed with what to do; nothing acknowledged is lost, a ledger that is there
// can be opened and read, and the next write tries again. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ledger_store/engine.h"
#include "ledger_store/local_sequencer.h"
#include "ledger_store/replica.h"
#include "ledger_store/store.h"
#include "ports/ledger.h"

namespace glucoledger::ledger_store {

struct TangleOptions {
  // A new ledger's (ledger/parameters.h); an old one must agree, else kUsage.
  std::optional<int> min_weight_magnitude;  // default 9
  std::optional<std::int64_t> retention_ms;
  std::optional<std::int64_t> duplicate_window_ms;
  bool read_only = false;
  std::int64_t lock_wait_ms = 10'000;
};

class Tangle final : public ports::Ledger, public Replica {
 public:
  static constexpr int kDefaultMinWeightMagnitude = 9;

  // Makes the folder when it is absent; read-only: kNotFound then. kBusy: another process holds it for longer than the
  // wait; nothing was changed. A ledger of an older version is brought to this one.
  static Result<std::unique_ptr<Tangle>> open(const std::filesystem::path& folder, const TangleOptions& options,
                                              const base::Clock& clock);
  // Nothing stays when it goes.
  static std::unique_ptr<Tangle> in_memory(int min_weight_magnitude, const base::Clock& clock);
  // Over any store, made into a ledger when it is empty. `locator`: what info() tells.
  static Result<std::unique_ptr<Tangle>> over(std::unique_ptr<Store> store, std::string locator,
                                              const TangleOptions& options, const base::Clock& clock);

  // Ledger. submit() commits the transactions and a milestone that confirms them, together.
  Result<ports::LedgerInfo> info(const base::CancelToken& cancel = {}) override;
  Result<ports::Tips> tips(const base::CancelToken& cancel = {}) override;
  Result<void> submit(std::span<const ledger::Transaction> transactions, const base::CancelToken& cancel = {}) override;
  Result<ports::ReadEnd> read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                   const base::CancelToken& cancel = {}) override;
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes,
                                      const base::CancelToken& cancel = {}) override;
  Result<std::vector<bool>> held(std::span<const Hash> transaction_hashes,
                                 const base::CancelToken& cancel = {}) override;

  // Replica.
  Result<Store::View> view() override { return store_->view(); }
  const ledger::Parameters& parameters() const override { return parameters_; }
  using Replica::submit_without_milestone;
  void submit_without_milestone(std::span<const ledger::Transaction> transactions, Done done) override;
  [[nodiscard]] Subscription subscribe(Listener listener) override { return sequencer_.subscribe(std::move(listener)); }

  // Confirms every solid transaction of a valid bundle. Does nothing when there is none, unless `even_if_empty`.
  Result<ledger::Milestone> issue_milestone(bool even_if_empty = false);
  // Drops the bodies of confirmed transactions before the sequence number; their addresses stay marked as pruned.
  Result<std::uint64_t> prune_before(std::uint64_t sequence);
  // Takes what was pruned off the disk now; a running ledger does it by and by.
  Result<void> reclaim();

 private:
  Tangle(std::unique_ptr<Store> store, std::string locator, ledger::Parameters parameters, bool read_only,
         const base::Clock& clock);
  Result<ledger::Submit> submission(std::span<const ledger::Transaction> transactions) const;
  Result<ledger::Outcome> run(LocalSequencer::Action action);

  std::unique_ptr<Store> store_;
  std::string locator_;
  ledger::Parameters parameters_;
  bool read_only_;
  Engine engine_;
  LocalSequencer sequencer_;  // goes first: it uses the rest
};

}  // namespace glucoledger::ledger_store
