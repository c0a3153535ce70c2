// The embedded ledger: the state machine of ledger/state.h over RocksDB in a folder, or in memory for tests.
//
// A folder may serve several processes of one machine: who writes holds the folder's lock for as long as the object
// lives, and others wait their turn; who opens it read-only needs no lock and sees all that was acknowledged before
// each call. What submit() acknowledged survives power loss. A body that does not hash to its key is never handed out
// (kCorrupt). Full disk and read-only file systems: kFailed with what to do; nothing acknowledged is lost, and the next
// write tries again.
//
// Thread-safe. Each call sees one state of the ledger. Reads work beside each other and beside a write, and never wait
// for the disk to sync; writes that come at the same time share one sync (commit_queue.h).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ledger/history.h"
#include "ledger/state.h"
#include "ports/ledger.h"
#include "storage/commit_queue.h"
#include "storage/store.h"

namespace glucoledger::storage {

using ledger::Hash;

struct TangleOptions {
  // A new ledger's (ledger/parameters.h); an old one must agree, else kUsage.
  std::optional<int> min_weight_magnitude;  // default 9
  std::optional<std::int64_t> retention_ms;
  std::optional<std::int64_t> duplicate_window_ms;
  bool read_only = false;
  std::int64_t lock_wait_ms = 10'000;
};

// What one commit added: what history_after(before) tells, up to `after`.
struct Commit {
  ledger::Position before;
  ledger::Position after;
  std::chrono::nanoseconds duration{};  // of applying and writing
};

class Tangle final : public ports::Ledger {
 public:
  static constexpr int kDefaultMinWeightMagnitude = 9;

  // Makes the folder when it is absent; read-only: kNotFound then. kBusy: others hold it for longer than the
  // wait.
  static Result<std::unique_ptr<Tangle>> open(const std::filesystem::path& folder, const TangleOptions& options,
                                              const base::Clock& clock);
  // Nothing stays when it goes.
  static std::unique_ptr<Tangle> in_memory(int min_weight_magnitude, const base::Clock& clock);
  // Over any store, made into a ledger when it is empty. `locator`: what info() tells.
  static Result<std::unique_ptr<Tangle>> over(std::unique_ptr<Store> store, std::string locator,
                                              const TangleOptions& options, const base::Clock& clock);
  ~Tangle() override;

  // Called after each commit of this object, in their order, by a thread that commits and before it answers: it must be
  // quick, must not block and must not call the ledger. Ends when the subscription goes, which waits for a call that is
  // under way; the ledger must live longer.
  using Listener = std::function<void(const Commit& commit)>;
  using Subscription = std::unique_ptr<void, std::function<void(void*)>>;
  [[nodiscard]] Subscription subscribe(Listener listener);

  // Ledger. submit() commits the transactions and a milestone that confirms them, together.
  Result<ports::LedgerInfo> info(const base::CancelToken& cancel = {}) override;
  Result<ports::Tips> tips(const base::CancelToken& cancel = {}) override;
  Result<void> submit(std::span<const ledger::Transaction> transactions, const base::CancelToken& cancel = {}) override;
  Result<ports::ReadEnd> read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                   const base::CancelToken& cancel = {}) override;
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes,
                                      const base::CancelToken& cancel = {}) override;

  // Tips that became valid within so many milestones before now, or else the newest one; a reference takes the branch's
  // place, and is kInputRefused when it cannot be approved.
  Result<ports::Tips> tips(std::uint32_t depth, const std::optional<Hash>& reference);

  // For a node: parts of bundles in any order, confirmed by the next milestone. Durable, and known ones are ignored.
  Result<void> submit_without_milestone(std::span<const ledger::Transaction> transactions);
  // The same without waiting: what the transactions show by themselves is judged at once; `done` is called when they
  // are durable or refused, by this thread or by the one that commits: it must be quick and not block.
  using Done = std::function<void(Result<void> result)>;
  void submit_without_milestone(std::span<const ledger::Transaction> transactions, Done done);
  // What submitting these transactions would say if they bore their proof of work; nothing is kept.
  Result<void> rehearse(std::span<const ledger::Transaction> transactions);
  // Confirms every solid transaction of a valid bundle. Does nothing when there is none, unless `even_if_empty`.
  Result<ledger::Milestone> issue_milestone(bool even_if_empty = false);
  Result<ledger::Milestone> latest_milestone();
  // The milestone that bears this hash, if there is one.
  Result<std::optional<ledger::Milestone>> find_milestone(const Hash& hash);

  const ledger::Parameters& parameters() const { return parameters_; }
  // One state of the ledger, for several questions at once (ledger/state.h): for as long as one call takes, and without
  // calling this object meanwhile.
  Result<Store::View> view() { return store_->view(); }
  Result<ledger::Summary> summary();
  // Why the transaction is among those that summary().root stands for; nothing for one that is not known.
  Result<std::optional<ledger::InclusionPath>> inclusion_path(const Hash& hash);
  Result<ledger::Page> find(const ledger::Query& query, std::uint64_t after, std::size_t count_max);
  // In the order asked for.
  Result<std::vector<ledger::Stored>> get(std::span<const Hash> transaction_hashes);
  Result<std::vector<ledger::Standing>> standing(std::span<const Hash> transaction_hashes);
  Result<std::vector<Hash>> tip_hashes(std::size_t count_max);
  // Named as trunk or branch by others, and not here yet.
  Result<std::vector<Hash>> missing_hashes(std::size_t count_max);
  Result<std::uint64_t> transaction_count();
  Result<ledger::Position> latest_position();
  Result<ledger::History> history_after(const ledger::Position& after, std::size_t count_max);
  // Why these tails cannot be approved; nothing when they can.
  Result<std::optional<std::string>> inconsistency(std::span<const Hash> tails);
  // Drops the bodies of confirmed transactions before the sequence number; their addresses stay marked as pruned.
  Result<std::uint64_t> prune_before(std::uint64_t sequence);
  // Takes what was pruned off the disk now; a running ledger does it by and by.
  Result<void> reclaim();

 private:
  Tangle(std::unique_ptr<Store> store, std::string locator, ledger::Parameters parameters, bool read_only,
         const base::Clock& clock);
  template <typename Function>
  auto reading(Function function) -> decltype(function(std::declval<const ledger::StateReader&>()));
  using Apply = std::function<Result<void>(ledger::StateBatch& batch)>;
  Result<void> write(Apply apply);
  Result<std::unique_ptr<CommitQueue::Command>> submission(std::span<const ledger::Transaction> transactions);
  void commit_group(const CommitQueue::Group& group);
  Result<Commit> apply_group(const CommitQueue::Group& group);
  void tell(const Commit& commit);

  std::unique_ptr<Store> store_;
  std::string locator_;
  ledger::Parameters parameters_;
  bool read_only_;
  const base::Clock& clock_;
  std::mutex listeners_mutex_;
  std::list<Listener> listeners_;
  CommitQueue queue_;  // goes first: its thread uses the rest
};

}  // namespace glucoledger::storage
