#include "storage/commit_queue.h"

#include <algorithm>

namespace glucoledger::storage {
namespace {

constexpr std::size_t kGroupTransactionsMax = 4000;
constexpr std::chrono::microseconds kGatheringMax{2000};

}  // namespace

void CommitQueue::run(Command& command) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&command);
  waiting_transactions_ += command.transactions.size();
  arrived_.notify_one();
  command.changed_.wait(lock, [&] { return command.done_ || (!leading_ && waiting_.front() == &command); });
  if (!command.done_) lead(lock);
}

void CommitQueue::lead(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  const auto patience = std::min<Clock::duration>(last_write_ / 2, kGatheringMax);
  arrived_.wait_for(lock, patience,
                    [&] { return waiting_.size() >= expected_ || waiting_transactions_ >= kGroupTransactionsMax; });
  const std::vector<Command*> group = take_group();
  lock.unlock();
  const Clock::time_point start = Clock::now();
  write_(group);
  const Clock::duration took = Clock::now() - start;
  lock.lock();
  last_write_ = took;
  expected_ = group.size() + waiting_.size();
  leading_ = false;
  for (Command* command : group) {
    command->done_ = true;
    command->changed_.notify_one();  // under the lock: the command goes as soon as its thread sees this
  }
  if (!waiting_.empty()) waiting_.front()->changed_.notify_one();
}

std::vector<CommitQueue::Command*> CommitQueue::take_group() {
  std::vector<Command*> group;
  std::size_t transactions = 0;
  while (!waiting_.empty() && (group.empty() || transactions < kGroupTransactionsMax)) {
    group.push_back(waiting_.front());
    transactions += waiting_.front()->transactions.size();
    waiting_.pop_front();
  }
  waiting_transactions_ -= transactions;
  return group;
}

}  // namespace glucoledger::storage
