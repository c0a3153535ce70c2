// Group commit: commands that many want at the same time are written in the order of their arrival, by the queue's one
// thread, and a group of them with one sync.
//
// Before it writes, the thread waits a moment for those whom the last group answered, since they are likely to come
// back at once: otherwise they would split into groups that wait for each other. One who was alone the last time does
// not wait for others. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "ledger/command.h"

namespace glucoledger::ledger_store {

class CommitQueue {
 public:
  struct Order {
    ledger::Command command;
    bool with_milestone = false;  // that confirms it, in the same commit
    Result<ledger::Outcome> result;
    // Called by the queue's thread once the command is durable, or has failed: must be quick and not block.
    std::function<void(Result<ledger::Outcome> result)> done;
  };
  using Group = std::list<std::unique_ptr<Order>>;  // which the thread takes over without asking for memory
  // Writes a group and sets the result of each.
  using Write = std::function<void(const Group& group)>;

  explicit CommitQueue(Write write) : write_(std::move(write)) {}
  ~CommitQueue();  // after all orders are done
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;
  void add(std::unique_ptr<Order> order);
  // Adds the order and waits until it is done.
  Result<ledger::Outcome> run(std::unique_ptr<Order> order);

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> start() REQUIRES(mutex_);
  void work();
  void gather(base::MutexLock& lock) REQUIRES(mutex_);
  bool is_enough() const REQUIRES(mutex_);
  Group take_group() REQUIRES(mutex_);
  void write(const Group& group);

  const Write write_;
  base::Mutex mutex_;
  base::Condition enough_;
  Group waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_transactions_ GUARDED_BY(mutex_) = 0;
  std::size_t wanted_ GUARDED_BY(mutex_) = 1;    // so many orders are enough to go on
  std::size_t expected_ GUARDED_BY(mutex_) = 0;  // how many are likely to want something
  Clock::duration last_write_ GUARDED_BY(mutex_){};
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // begins with the first order
};

}  // namespace glucoledger::ledger_store
