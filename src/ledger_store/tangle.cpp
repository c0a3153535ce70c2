#include "ledger_store/tangle.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "ledger/min_weight_magnitude.h"
#include "ledger_store/folder_lock.h"
#include "ledger_store/rocks_store.h"

namespace glucoledger::ledger_store {
namespace {

constexpr const char* kStateFolder = "state";

// A store that others wait for as long as it lives.
class LockedStore final : public Store {
 public:
  LockedStore(base::FileLock lock, std::unique_ptr<Store> store) : lock_(std::move(lock)), store_(std::move(store)) {}
  Result<View> view() override { return store_->view(); }
  Result<View> view_for_commit() override { return store_->view_for_commit(); }
  Result<void> commit(const ledger::StateBatch& batch) override { return store_->commit(batch); }
  Result<void> reclaim() override { return store_->reclaim(); }

 private:
  base::FileLock lock_;  // released last
  std::unique_ptr<Store> store_;
};

// Where a ledger is to be made, there is nothing yet: a mistaken name shall not mix it with what somebody keeps there.
Result<void> check_nothing_else_in(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder / kStateFolder, error)) return {};
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name == "lock" || name == "lost+found" || name.starts_with('.')) continue;
    return fail(ErrorCode::kUsage, "in " + folder.string() + " there is no ledger, but something else",
                "name a ledger's folder, or a new one");
  }
  return {};
}

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& folder, const TangleOptions& options,
                                          const base::Clock& clock) {
  const std::string database = (folder / kStateFolder).string();
  if (options.read_only) {
    GL_TRY(store, RocksStore::open(database, RocksStore::Access::kReadOnly));
    return store;
  }
  GL_CHECK(base::make_folder(folder));
  GL_CHECK(check_nothing_else_in(folder));
  GL_TRY(lock, lock_folder(folder, options.lock_wait_ms, clock));
  GL_CHECK(base::make_folder(database));
  GL_TRY(store, RocksStore::open(database, RocksStore::Access::kWrite));
  return std::make_unique<LockedStore>(std::move(lock), std::move(store));
}

tl::unexpected<Error> read_only_error() {
  return fail(ErrorCode::kNotAllowed, "the ledger was opened for reading only");
}

// A new ledger's. Where its parameters are out of range, nothing is made.
Result<ledger::CreateLedger> creation(const TangleOptions& options) {
  ledger::CreateLedger create;
  create.parameters.network_id = base::random_bytes(ledger::kNetworkIdSize);
  create.parameters.min_weight_magnitude = options.min_weight_magnitude.value_or(Tangle::kDefaultMinWeightMagnitude);
  create.parameters.retention_ms = options.retention_ms.value_or(create.parameters.retention_ms);
  create.parameters.duplicate_window_ms = options.duplicate_window_ms.value_or(create.parameters.duplicate_window_ms);
  GL_CHECK(ledger::check_parameters(create.parameters));
  return create;
}

Result<ledger::Parameters> read_parameters(Store& store) {
  GL_TRY(view, store.view());
  return ledger::read_parameters(*view);
}

Result<bool> is_up_to_date(Store& store) {
  GL_TRY(view, store.view());
  return ledger::is_up_to_date(*view);
}

// The first commands of who writes: a ledger where there is none, and what brings an old one to this version, part by
// part, so that an interrupted upgrade goes on where it stopped. Where neither is to be done nothing is written: a
// ledger on a full disk can be opened.
Result<void> make_ready(Store& store, const TangleOptions& options, const base::Clock& clock) {
  Engine engine(store);
  const auto parameters = read_parameters(store);
  if (!parameters) {
    if (parameters.error().code != ErrorCode::kNotFound) return tl::unexpected(parameters.error());
    GL_TRY(create, creation(options));
    GL_CHECK(engine.run({std::move(create), clock.now_ms()}));
  }
  while (true) {
    GL_TRY(done, is_up_to_date(store));
    if (done) return {};
    GL_CHECK(engine.run({ledger::Upgrade{}, clock.now_ms()}));
  }
}

// What was asked for must be what an old ledger has.
Result<void> check_agreement(const ledger::Parameters& parameters, const TangleOptions& options) {
  const auto check = [](const std::string& what, std::int64_t has, std::int64_t asked) -> Result<void> {
    if (has == asked) return {};
    return fail(ErrorCode::kUsage,
                "this ledger has " + what + " " + std::to_string(has) + ", not " + std::to_string(asked),
                "leave it out: it counts when a ledger is made");
  };
  GL_CHECK(ledger::check_same_weight(parameters.min_weight_magnitude, options.min_weight_magnitude));
  GL_CHECK(
      check("a retention of (ms)", parameters.retention_ms, options.retention_ms.value_or(parameters.retention_ms)));
  return check("a duplicate window of (ms)", parameters.duplicate_window_ms,
               options.duplicate_window_ms.value_or(parameters.duplicate_window_ms));
}

}  // namespace

Tangle::Tangle(std::unique_ptr<Store> store, std::string locator, ledger::Parameters parameters, bool read_only,
               const base::Clock& clock)
    : store_(std::move(store)),
      locator_(std::move(locator)),
      parameters_(std::move(parameters)),
      read_only_(read_only),
      engine_(*store_),
      sequencer_(engine_, clock) {}

Result<std::unique_ptr<Tangle>> Tangle::open(const std::filesystem::path& folder, const TangleOptions& options,
                                             const base::Clock& clock) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(folder, error);
  if (error) return fail(ErrorCode::kUsage, "the ledger's folder has no absolute path");
  GL_TRY(store, open_store(absolute, options, clock));
  return over(std::move(store), absolute.lexically_normal().string(), options, clock);
}

std::unique_ptr<Tangle> Tangle::in_memory(int min_weight_magnitude, const base::Clock& clock) {
  TangleOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  auto tangle = over(std::make_unique<VolatileStore>(), "memory", options, clock);
  GL_ASSERT(tangle.has_value());
  return std::move(*tangle);
}

Result<std::unique_ptr<Tangle>> Tangle::over(std::unique_ptr<Store> store, std::string locator,
                                             const TangleOptions& options, const base::Clock& clock) {
  if (options.min_weight_magnitude) GL_CHECK(ledger::check_min_weight_magnitude(*options.min_weight_magnitude));
  if (!options.read_only) GL_CHECK(make_ready(*store, options, clock));
  GL_TRY(parameters, read_parameters(*store));
  GL_CHECK(check_agreement(parameters, options));
  return std::unique_ptr<Tangle>(
      new Tangle(std::move(store), std::move(locator), std::move(parameters), options.read_only, clock));
}

Result<ports::LedgerInfo> Tangle::info(const base::CancelToken& cancel) {
  GL_CHECK(cancel.check());
  return ports::LedgerInfo{base::hex_encode(parameters_.network_id), parameters_.min_weight_magnitude, true, locator_};
}

Result<ports::Tips> Tangle::tips(const base::CancelToken& cancel) {
  GL_CHECK(cancel.check());
  GL_TRY(pair, select_tips());
  return ports::Tips{pair.trunk, pair.branch};
}

Result<void> Tangle::submit(std::span<const ledger::Transaction> transactions, const base::CancelToken& cancel) {
  GL_TRY(all, submission(transactions));
  GL_CHECK(cancel.check());
  GL_CHECK(sequencer_.run(std::move(all), LocalSequencer::Confirm::kAtOnce));
  return {};
}

void Tangle::submit_without_milestone(std::span<const ledger::Transaction> transactions, Done done) {
  auto all = submission(transactions);
  if (!all) return done(tl::unexpected(all.error()));
  sequencer_.add(std::move(*all), [done = std::move(done)](Result<ledger::Outcome> outcome) {
    done(outcome ? Result<void>() : tl::unexpected(std::move(outcome).error()));
  });
}

// What needs no ledger is judged here, by each thread for itself.
Result<ledger::Submit> Tangle::submission(std::span<const ledger::Transaction> transactions) const {
  if (read_only_) return read_only_error();
  if (transactions.size() > base::limits::kCommandTransactionsMax) {
    return fail(ErrorCode::kInputRefused,
                "more than " + std::to_string(base::limits::kCommandTransactionsMax) + " transactions at once");
  }
  GL_TRY(checked, ledger::CheckedTransactions::check(parameters_, transactions));
  return ledger::Submit{std::move(checked)};
}

Result<ledger::Outcome> Tangle::run(LocalSequencer::Action action) {
  if (read_only_) return read_only_error();
  return sequencer_.run(std::move(action));
}

Result<ledger::Milestone> Tangle::issue_milestone(bool even_if_empty) {
  GL_TRY(outcome, run(ledger::IssueMilestone{even_if_empty}));
  return outcome.milestone;
}

Result<std::uint64_t> Tangle::prune_before(std::uint64_t sequence) {
  GL_TRY(outcome, run(ledger::Prune{sequence}));
  return outcome.pruned;
}

Result<void> Tangle::reclaim() {
  return read_only_ ? read_only_error() : store_->reclaim();
}

Result<ports::ReadEnd> Tangle::read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                         const base::CancelToken& cancel) {
  constexpr std::size_t kTransactionsAtOnce = 500;
  return reading([&](const ledger::StateReader& reader) -> Result<ports::ReadEnd> {
    ports::ReadEnd end;
    ledger::Query query;
    query.addresses.assign(addresses.begin(), addresses.end());
    std::optional<std::uint64_t> after;
    if (!addresses.empty()) after = 0;
    while (after && std::any_of(addresses.begin(), addresses.end(), [&](const Hash& one) { return sink.wants(one); })) {
      GL_CHECK(cancel.check());
      GL_TRY(page, ledger::find(reader, query, *after, kTransactionsAtOnce));
      std::vector<ledger::Transaction> some;
      for (const Hash& hash : page.hashes) {
        GL_TRY(stored, ledger::get(reader, hash));
        if (stored.transaction) some.push_back(std::move(*stored.transaction));
      }
      sink.take(std::move(some));
      after = page.next;
    }
    GL_ASSIGN(end.pruned_addresses, ledger::pruned_among(reader, addresses));
    return end;
  });
}

Result<std::vector<bool>> Tangle::confirmed(std::span<const Hash> transaction_hashes, const base::CancelToken& cancel) {
  GL_CHECK(cancel.check());
  GL_TRY(standings, standing(transaction_hashes));
  std::vector<bool> confirmed;
  for (const ledger::Standing& standing : standings) confirmed.push_back(standing.milestone != 0);
  return confirmed;
}

Result<std::vector<bool>> Tangle::held(std::span<const Hash> transaction_hashes, const base::CancelToken& cancel) {
  GL_CHECK(cancel.check());
  GL_TRY(standings, standing(transaction_hashes));
  std::vector<bool> held;
  for (const ledger::Standing& standing : standings) held.push_back(standing.known && !standing.pruned);
  return held;
}

}  // namespace glucoledger::ledger_store
