#include "ledger_store/commit_queue.h"

#include <algorithm>
#include <future>

namespace glucoledger::ledger_store {
namespace {

constexpr std::size_t kGroupTransactionsMax = 4000;
constexpr std::chrono::microseconds kGatheringMax{2000};

}  // namespace

CommitQueue::~CommitQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  enough_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CommitQueue::add(std::unique_ptr<Command> command) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread(&CommitQueue::work, this);
  waiting_transactions_ += command->transaction_count;
  waiting_.push_back(std::move(command));
  if (is_enough()) enough_.notify_one();
}

Result<void> CommitQueue::run(std::unique_ptr<Command> command) {
  const auto answer = std::make_shared<std::promise<Result<void>>>();
  auto result = answer->get_future();
  command->done = [answer](Result<void> reached) { answer->set_value(std::move(reached)); };
  add(std::move(command));
  return result.get();
}

bool CommitQueue::is_enough() const {
  return stopping_ || waiting_.size() >= wanted_ || waiting_transactions_ >= kGroupTransactionsMax;
}

void CommitQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_ = 1;
    enough_.wait(lock, [this] { return is_enough(); });
    if (waiting_.empty()) return;
    gather(lock);
    const Group group = take_group();
    lock.unlock();
    const Clock::time_point start = Clock::now();
    write_(group);
    const Clock::duration took = Clock::now() - start;
    for (const auto& command : group) command->done(std::move(command->result));
    lock.lock();
    last_write_ = took;
    expected_ = group.size() + waiting_.size();
  }
}

void CommitQueue::gather(std::unique_lock<std::mutex>& lock) {
  wanted_ = expected_;
  const auto patience = std::min<Clock::duration>(last_write_ / 2, kGatheringMax);
  enough_.wait_for(lock, patience, [this] { return is_enough(); });
}

CommitQueue::Group CommitQueue::take_group() {
  Group group;
  std::size_t transactions = 0;
  while (!waiting_.empty() && (group.empty() || transactions < kGroupTransactionsMax)) {
    transactions += waiting_.front()->transaction_count;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_transactions_ -= transactions;
  return group;
}

}  // namespace glucoledger::ledger_store
