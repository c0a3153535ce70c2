#include "ledger_store/local_sequencer.h"

namespace glucoledger::ledger_store {

LocalSequencer::LocalSequencer(Engine& engine, const base::Clock& clock)
    : engine_(engine), clock_(clock), queue_([this](const CommitQueue::Group& group) { commit_group(group); }) {}

Result<ledger::Outcome> LocalSequencer::run(Action action, Confirm confirm) {
  auto order = std::make_unique<CommitQueue::Order>();
  order->command.action = std::move(action);
  order->with_milestone = confirm == Confirm::kAtOnce;
  return queue_.run(std::move(order));
}

void LocalSequencer::add(Action action, Done done) {
  auto order = std::make_unique<CommitQueue::Order>();
  order->command.action = std::move(action);
  order->done = std::move(done);
  queue_.add(std::move(order));
}

void LocalSequencer::commit_group(const CommitQueue::Group& group) {
  const auto start = std::chrono::steady_clock::now();
  Result<Commit> commit;
  try {
    commit = apply_group(group);
  } catch (...) {
    commit = fail(ErrorCode::kFailed, "out of memory, or an internal error");
  }
  if (commit) {
    commit->duration = std::chrono::steady_clock::now() - start;
    return tell(*commit);
  }
  for (const auto& order : group) {
    if (order->result) order->result = tl::unexpected(commit.error());
  }
}

Result<Commit> LocalSequencer::apply_group(const CommitQueue::Group& group) {
  GL_TRY(block, engine_.begin());
  bool with_milestone = false;
  for (const auto& order : group) {
    order->command.time_ms = clock_.now_ms();
    order->result = block.apply(order->command);
    with_milestone = with_milestone || (order->result && order->with_milestone);
  }
  if (with_milestone) GL_CHECK(block.apply({ledger::IssueMilestone{}, clock_.now_ms()}));
  Commit commit;
  commit.before = block.before();
  GL_ASSIGN(commit.after, block.after());
  GL_CHECK(engine_.commit(std::move(block)));
  return commit;
}

Replica::Subscription LocalSequencer::subscribe(Replica::Listener listener) {
  const base::MutexLock lock(mutex_);
  listeners_.push_back(std::move(listener));
  return {&listeners_.back(), [this](void* own) {
            const base::MutexLock ending(mutex_);
            listeners_.remove_if([own](const Replica::Listener& other) { return &other == own; });
          }};
}

void LocalSequencer::tell(const Commit& commit) {
  if (commit.after == commit.before) return;
  const base::MutexLock lock(mutex_);
  for (const Replica::Listener& listener : listeners_) {
    try {
      listener(commit);
    } catch (...) {  // it is durable all the same, and the others are told
    }
  }
}

}  // namespace glucoledger::ledger_store
