#include "storage/tangle.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "ledger/min_weight_magnitude.h"
#include "storage/rocks_store.h"

namespace glucoledger::storage {
namespace {

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

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& folder, const TangleOptions& options) {
  const std::string database = (folder / "state").string();
  if (options.read_only) {
    GL_TRY(store, RocksStore::open(database, RocksStore::Access::kReadOnly));
    return store;
  }
  GL_CHECK(base::make_folder(folder));
  GL_TRY(lock, base::FileLock::acquire(folder / "lock", options.lock_wait_ms));
  GL_CHECK(base::make_folder(database));
  GL_TRY(store, RocksStore::open(database, RocksStore::Access::kWrite));
  return std::make_unique<LockedStore>(std::move(lock), std::move(store));
}

tl::unexpected<Error> read_only_error() {
  return fail(ErrorCode::kNotAllowed, "the ledger was opened for reading only");
}

Result<ledger::Parameters> create(Store& store, const TangleOptions& options) {
  ledger::Parameters parameters;
  parameters.network_id = base::random_bytes(ledger::kNetworkIdSize);
  parameters.min_weight_magnitude = options.min_weight_magnitude.value_or(Tangle::kDefaultMinWeightMagnitude);
  parameters.retention_ms = options.retention_ms.value_or(parameters.retention_ms);
  parameters.duplicate_window_ms = options.duplicate_window_ms.value_or(parameters.duplicate_window_ms);
  GL_CHECK(ledger::check_parameters(parameters));
  const ledger::MemoryStore nothing;
  ledger::StateBatch batch(nothing);
  ledger::create_ledger(batch, parameters);
  GL_CHECK(store.commit(batch));
  return parameters;
}

Result<ledger::Parameters> read_parameters(Store& store) {
  GL_TRY(view, store.view());
  return ledger::read_parameters(*view);
}

// What was asked for must be what an old ledger has.
Result<void> check_agreement(const ledger::Parameters& parameters, const TangleOptions& options) {
  const auto check = [](const std::string& what, std::int64_t has, std::int64_t asked) -> Result<void> {
    if (has == asked) return {};
    return fail(ErrorCode::kUsage,
                "this ledger has " + what + " " + std::to_string(has) + ", not " + std::to_string(asked),
                "leave the option out: it counts when a ledger is made");
  };
  GL_CHECK(ledger::check_same_weight(parameters.min_weight_magnitude, options.min_weight_magnitude));
  GL_CHECK(
      check("a retention of (ms)", parameters.retention_ms, options.retention_ms.value_or(parameters.retention_ms)));
  return check("a duplicate window of (ms)", parameters.duplicate_window_ms,
               options.duplicate_window_ms.value_or(parameters.duplicate_window_ms));
}

// Part by part: one that was interrupted goes on where it stopped.
Result<ledger::Parameters> upgrade(Store& store) {
  constexpr std::size_t kTransactionsPerCommit = 1000;
  for (bool done = false; !done;) {
    GL_TRY(view, store.view());
    ledger::StateBatch batch(*view);
    GL_ASSIGN(done, ledger::upgrade(batch, kTransactionsPerCommit));
    view.reset();
    if (!batch.empty()) GL_CHECK(store.commit(batch));
  }
  return read_parameters(store);
}

std::uint64_t entropy() {
  return (std::uint64_t{base::random_below(1u << 31)} << 31) | base::random_below(1u << 31);
}

}  // namespace

Tangle::Tangle(std::unique_ptr<Store> store, std::string locator, ledger::Parameters parameters, bool read_only,
               const base::Clock& clock)
    : store_(std::move(store)),
      locator_(std::move(locator)),
      parameters_(std::move(parameters)),
      read_only_(read_only),
      clock_(clock),
      queue_([this](const CommitQueue::Group& group) { commit_group(group); }) {}

Tangle::~Tangle() = default;

Result<std::unique_ptr<Tangle>> Tangle::open(const std::filesystem::path& folder, const TangleOptions& options,
                                             const base::Clock& clock) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(folder, error);
  if (error) return fail(ErrorCode::kUsage, "the ledger's folder has no absolute path");
  GL_TRY(store, open_store(absolute, options));
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
  auto parameters = read_parameters(*store);
  if (!parameters && parameters.error().code == ErrorCode::kNotFound && !options.read_only) {
    parameters = create(*store, options);
  }
  if (parameters && !options.read_only) parameters = upgrade(*store);
  if (!parameters) return tl::unexpected(parameters.error());
  GL_CHECK(check_agreement(*parameters, options));
  return std::unique_ptr<Tangle>(
      new Tangle(std::move(store), std::move(locator), std::move(*parameters), options.read_only, clock));
}

template <typename Function>
auto Tangle::reading(Function function) -> decltype(function(std::declval<const ledger::StateReader&>())) {
  GL_TRY(view, store_->view());
  return function(*view);
}

Result<void> Tangle::write(Apply apply) {
  if (read_only_) return read_only_error();
  auto command = std::make_unique<CommitQueue::Command>();
  command->apply = std::move(apply);
  return queue_.run(std::move(command));
}

void Tangle::commit_group(const CommitQueue::Group& group) {
  const auto start = std::chrono::steady_clock::now();
  Result<Commit> commit;
  try {
    commit = apply_group(group);
  } catch (const std::exception&) {
    commit = fail(ErrorCode::kFailed, "out of memory, or an internal error");
  }
  if (commit) {
    commit->duration = std::chrono::steady_clock::now() - start;
    return tell(*commit);
  }
  for (const auto& command : group) {
    if (command->result) command->result = tl::unexpected(commit.error());
  }
}

Result<Commit> Tangle::apply_group(const CommitQueue::Group& group) {
  GL_TRY(view, store_->view_for_commit());
  ledger::StateBatch batch(*view);
  Commit commit;
  GL_ASSIGN(commit.before, ledger::latest_position(*view));
  bool with_milestone = false;
  for (const auto& command : group) {
    ledger::StateBatch layer(batch);
    command->result = command->apply(layer);
    if (!command->result) continue;
    batch.absorb(std::move(layer));
    with_milestone = with_milestone || command->with_milestone;
  }
  if (with_milestone) GL_CHECK(ledger::issue_milestone(batch, parameters_, clock_.now_ms(), false));
  GL_ASSIGN(commit.after, ledger::latest_position(batch));
  view.reset();  // a failed commit opens the store anew, and waits for views
  if (!batch.empty()) GL_CHECK(store_->commit(batch));
  return commit;
}

Tangle::Subscription Tangle::subscribe(Listener listener) {
  const std::lock_guard guard(listeners_mutex_);
  listeners_.push_back(std::move(listener));
  return {&listeners_.back(), [this](void* own) {
            const std::lock_guard ending(listeners_mutex_);
            listeners_.remove_if([own](const Listener& other) { return &other == own; });
          }};
}

void Tangle::tell(const Commit& commit) {
  if (commit.after == commit.before) return;
  const std::lock_guard guard(listeners_mutex_);
  for (const Listener& listener : listeners_) listener(commit);
}

Result<ports::LedgerInfo> Tangle::info(const base::CancelToken& /*cancel*/) {
  return ports::LedgerInfo{base::hex_encode(parameters_.network_id), parameters_.min_weight_magnitude, true, locator_};
}

Result<ports::Tips> Tangle::tips(const base::CancelToken& /*cancel*/) {
  return reading([](const ledger::StateReader& reader) -> Result<ports::Tips> {
    GL_TRY(pair, ledger::select_tips(reader, entropy()));
    return ports::Tips{pair.trunk, pair.branch};
  });
}

Result<ports::Tips> Tangle::tips(std::uint32_t depth, const std::optional<Hash>& reference) {
  return reading([&](const ledger::StateReader& reader) -> Result<ports::Tips> {
    GL_TRY(pair, ledger::select_tips(reader, entropy(), depth));
    if (!reference) return ports::Tips{pair.trunk, pair.branch};
    GL_TRY(reason, ledger::inconsistency(reader, *reference));
    if (reason) return fail(ErrorCode::kInputRefused, "the reference cannot be approved: " + *reason);
    return ports::Tips{pair.trunk, *reference};
  });
}

Result<void> Tangle::submit(std::span<const ledger::Transaction> transactions, const base::CancelToken& /*cancel*/) {
  GL_TRY(command, submission(transactions));
  command->with_milestone = true;
  return queue_.run(std::move(command));
}

Result<void> Tangle::submit_without_milestone(std::span<const ledger::Transaction> transactions) {
  GL_TRY(command, submission(transactions));
  return queue_.run(std::move(command));
}

void Tangle::submit_without_milestone(std::span<const ledger::Transaction> transactions, Done done) {
  auto command = submission(transactions);
  if (!command) return done(tl::unexpected(command.error()));
  (*command)->done = std::move(done);
  queue_.add(std::move(*command));
}

// What needs no ledger is judged here, by each thread for itself.
Result<std::unique_ptr<CommitQueue::Command>> Tangle::submission(std::span<const ledger::Transaction> transactions) {
  if (read_only_) return read_only_error();
  GL_TRY(checked, ledger::CheckedTransactions::check(parameters_, transactions));
  auto command = std::make_unique<CommitQueue::Command>();
  command->transaction_count = checked.size();
  const auto kept = std::make_shared<const ledger::CheckedTransactions>(std::move(checked));
  command->apply = [this, kept](ledger::StateBatch& batch) {
    return ledger::submit(batch, parameters_, *kept, clock_.now_ms());
  };
  return command;
}

Result<void> Tangle::rehearse(std::span<const ledger::Transaction> transactions) {
  ledger::Parameters parameters = parameters_;
  parameters.min_weight_magnitude = 0;
  GL_TRY(view, store_->view());
  ledger::StateBatch thrown_away(*view);
  return ledger::submit(thrown_away, parameters, transactions, clock_.now_ms());
}

Result<ledger::Milestone> Tangle::issue_milestone(bool even_if_empty) {
  ledger::Milestone latest;
  GL_CHECK(write([&](ledger::StateBatch& batch) -> Result<void> {
    GL_ASSIGN(latest, ledger::issue_milestone(batch, parameters_, clock_.now_ms(), even_if_empty));
    return {};
  }));
  return latest;
}

Result<ports::ReadEnd> Tangle::read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                         const base::CancelToken& /*cancel*/) {
  constexpr std::size_t kTransactionsAtOnce = 500;
  return reading([&](const ledger::StateReader& reader) -> Result<ports::ReadEnd> {
    ports::ReadEnd end;
    ledger::Query query;
    query.addresses.assign(addresses.begin(), addresses.end());
    std::optional<std::uint64_t> after;
    if (!addresses.empty()) after = 0;
    while (after && std::any_of(addresses.begin(), addresses.end(), [&](const Hash& one) { return sink.wants(one); })) {
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

Result<std::vector<bool>> Tangle::confirmed(std::span<const Hash> transaction_hashes,
                                            const base::CancelToken& /*cancel*/) {
  GL_TRY(standings, standing(transaction_hashes));
  std::vector<bool> confirmed;
  for (const ledger::Standing& standing : standings) confirmed.push_back(standing.milestone != 0);
  return confirmed;
}

Result<ledger::Milestone> Tangle::latest_milestone() {
  return reading([](const ledger::StateReader& reader) { return ledger::latest_milestone(reader); });
}

Result<std::optional<ledger::Milestone>> Tangle::find_milestone(const Hash& hash) {
  return reading([&](const ledger::StateReader& reader) { return ledger::find_milestone(reader, hash); });
}

Result<ledger::Page> Tangle::find(const ledger::Query& query, std::uint64_t after, std::size_t count_max) {
  return reading([&](const ledger::StateReader& reader) { return ledger::find(reader, query, after, count_max); });
}

Result<ledger::Summary> Tangle::summary() {
  return reading([](const ledger::StateReader& reader) { return ledger::summary(reader); });
}

Result<std::optional<ledger::InclusionPath>> Tangle::inclusion_path(const Hash& hash) {
  return reading([&](const ledger::StateReader& reader) { return ledger::inclusion_path(reader, hash); });
}

Result<std::vector<ledger::Stored>> Tangle::get(std::span<const Hash> transaction_hashes) {
  return reading([&](const ledger::StateReader& reader) -> Result<std::vector<ledger::Stored>> {
    std::vector<ledger::Stored> all;
    for (const Hash& hash : transaction_hashes) {
      GL_TRY(stored, ledger::get(reader, hash));
      all.push_back(std::move(stored));
    }
    return all;
  });
}

Result<std::vector<ledger::Standing>> Tangle::standing(std::span<const Hash> transaction_hashes) {
  return reading([&](const ledger::StateReader& reader) -> Result<std::vector<ledger::Standing>> {
    std::vector<ledger::Standing> all;
    for (const Hash& hash : transaction_hashes) {
      GL_TRY(standing, ledger::standing(reader, hash));
      all.push_back(standing);
    }
    return all;
  });
}

Result<std::vector<Hash>> Tangle::tip_hashes(std::size_t count_max) {
  return reading([&](const ledger::StateReader& reader) { return ledger::tip_hashes(reader, count_max); });
}

Result<std::vector<Hash>> Tangle::missing_hashes(std::size_t count_max) {
  return reading([&](const ledger::StateReader& reader) { return ledger::missing_hashes(reader, count_max); });
}

Result<std::uint64_t> Tangle::transaction_count() {
  return reading([](const ledger::StateReader& reader) { return ledger::transaction_count(reader); });
}

Result<ledger::Position> Tangle::latest_position() {
  return reading([](const ledger::StateReader& reader) { return ledger::latest_position(reader); });
}

Result<ledger::History> Tangle::history_after(const ledger::Position& after, std::size_t count_max) {
  return reading([&](const ledger::StateReader& reader) { return ledger::history_after(reader, after, count_max); });
}

Result<std::optional<std::string>> Tangle::inconsistency(std::span<const Hash> tails) {
  return reading([&](const ledger::StateReader& reader) -> Result<std::optional<std::string>> {
    for (const Hash& tail : tails) {
      GL_TRY(why, ledger::inconsistency(reader, tail));
      if (why) return why;
    }
    return std::nullopt;
  });
}

Result<std::uint64_t> Tangle::prune_before(std::uint64_t sequence) {
  std::uint64_t pruned = 0;
  GL_CHECK(write([&](ledger::StateBatch& batch) -> Result<void> {
    GL_ASSIGN(pruned, ledger::prune_before(batch, parameters_, sequence));
    return {};
  }));
  return pruned;
}

Result<void> Tangle::reclaim() {
  return read_only_ ? read_only_error() : store_->reclaim();
}

}  // namespace glucoledger::storage
