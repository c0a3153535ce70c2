#include "ledger_store/commit_queue.h"

#include <algorithm>
#include <future>
#include <system_error>

namespace glucoledger::ledger_store {
namespace {

constexpr std::size_t kGroupTransactionsMax = 4000;
constexpr std::chrono::microseconds kGatheringMax{2000};

std::size_t transactions_of(const CommitQueue::Order& order) {
  const auto* submission = std::get_if<ledger::Submit>(&order.command.action);
  return submission == nullptr ? 0 : submission->transactions.size();
}

}  // namespace

CommitQueue::~CommitQueue() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  enough_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> CommitQueue::start() {
  if (thread_.joinable()) return {};
  try {
    thread_ = std::thread(&CommitQueue::work, this);
  } catch (const std::system_error&) {
    return fail(ErrorCode::kFailed, "the system gives no thread for writing the ledger", "repeat");
  }
  return {};
}

void CommitQueue::add(std::unique_ptr<Order> order) {
  base::MutexLock lock(mutex_);
  if (const auto started = start(); !started) {
    lock.unlock();
    return order->done(tl::unexpected(started.error()));
  }
  const std::size_t transactions = transactions_of(*order);
  waiting_.push_back(std::move(order));
  waiting_transactions_ += transactions;
  if (is_enough()) enough_.notify_one();
}

Result<ledger::Outcome> CommitQueue::run(std::unique_ptr<Order> order) {
  const auto answer = std::make_shared<std::promise<Result<ledger::Outcome>>>();
  auto result = answer->get_future();
  order->done = [answer](Result<ledger::Outcome> reached) { answer->set_value(std::move(reached)); };
  add(std::move(order));
  return result.get();
}

bool CommitQueue::is_enough() const {
  return stopping_ || waiting_.size() >= wanted_ || waiting_transactions_ >= kGroupTransactionsMax;
}

void CommitQueue::work() {
  base::MutexLock lock(mutex_);
  while (true) {
    wanted_ = 1;
    while (!is_enough()) enough_.wait(lock);
    if (waiting_.empty()) return;
    gather(lock);
    const Group group = take_group();
    lock.unlock();
    const Clock::time_point start = Clock::now();
    write(group);
    const Clock::duration took = Clock::now() - start;
    for (const auto& order : group) {
      try {
        order->done(std::move(order->result));
      } catch (...) {  // of whoever asked, who is not answered: nothing of it may end the queue
      }
    }
    lock.lock();
    last_write_ = took;
    expected_ = group.size() + waiting_.size();
  }
}

// What was written is told by write_ itself; what it throws ends the group, and not the queue.
void CommitQueue::write(const Group& group) {
  try {
    write_(group);
  } catch (...) {
    for (const auto& order : group) order->result = tl::unexpected(Error{ErrorCode::kFailed, "out of memory", ""});
  }
}

void CommitQueue::gather(base::MutexLock& lock) {
  wanted_ = expected_;
  const Clock::time_point end = Clock::now() + std::min<Clock::duration>(last_write_ / 2, kGatheringMax);
  while (!is_enough() && Clock::now() < end) enough_.wait_until(lock, end);
}

CommitQueue::Group CommitQueue::take_group() {
  Group group;
  std::size_t transactions = 0;
  while (!waiting_.empty() && (group.empty() || transactions < kGroupTransactionsMax)) {
    transactions += transactions_of(*waiting_.front());
    group.splice(group.end(), waiting_, waiting_.begin());
  }
  waiting_transactions_ -= transactions;
  return group;
}

}  // namespace glucoledger::ledger_store
