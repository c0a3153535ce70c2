// Group commit: what many threads want written at the same time is applied in the order of its arrival and written by
// one of them with one sync.
//
// A command that fails leaves nothing of itself; where the write fails, all of its group do. A leader waits a moment
// for those whom the last group answered, since they are likely to come back at once: otherwise the threads would split
// into two groups that wait for each other. One thread alone never waits. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "ledger/state.h"

namespace glucoledger::storage {

class CommitQueue {
 public:
  struct Command {
    std::function<Result<void>(ledger::StateBatch&)> apply;
    std::span<const ledger::Transaction> transactions;  // what apply() takes in, for those who listen
    bool with_milestone = false;                        // confirmed in the same commit
    std::vector<ledger::Milestone> milestones;          // what apply() issued
    Result<void> result;

   private:
    friend class CommitQueue;
    std::condition_variable changed_;
    bool done_ = false;
  };
  // Writes a group and sets the result of each.
  using Write = std::function<void(std::span<Command* const> group)>;

  explicit CommitQueue(Write write) : write_(std::move(write)) {}
  // Returns when the command is durable, or has failed.
  void run(Command& command);

 private:
  using Clock = std::chrono::steady_clock;
  void lead(std::unique_lock<std::mutex>& lock);
  std::vector<Command*> take_group();

  Write write_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Command*> waiting_;  // the first one leads
  std::size_t waiting_transactions_ = 0;
  bool leading_ = false;
  std::size_t expected_ = 0;  // how many are likely to want something
  Clock::duration last_write_{};
};

}  // namespace glucoledger::storage
