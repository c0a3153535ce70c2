// Group commit: what many want written at the same time is applied in the order of its arrival, and written by the
// queue's one thread with one sync.
//
// A command that fails leaves nothing of itself; where the write fails, all of its group do. Before it writes, the
// thread waits a moment for those whom the last group answered, since they are likely to come back at once: otherwise
// they would split into groups that wait for each other. One who is alone never waits for others. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "ledger/state.h"

namespace glucoledger::ledger_store {

class CommitQueue {
 public:
  struct Command {
    std::function<Result<void>(ledger::StateBatch&)> apply;
    std::size_t transaction_count = 0;  // that apply() takes in
    bool with_milestone = false;        // confirmed in the same commit
    Result<void> result;
    // Called by the queue's thread once the command is durable, or has failed: must be quick and not block.
    std::function<void(Result<void> result)> done;
  };
  using Group = std::vector<std::unique_ptr<Command>>;
  // Writes a group and sets the result of each.
  using Write = std::function<void(const Group& group)>;

  explicit CommitQueue(Write write) : write_(std::move(write)) {}
  ~CommitQueue();  // after all commands are done
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;
  void add(std::unique_ptr<Command> command);
  // Adds the command and waits until it is done.
  Result<void> run(std::unique_ptr<Command> command);

 private:
  using Clock = std::chrono::steady_clock;
  void work();
  void gather(std::unique_lock<std::mutex>& lock);
  bool is_enough() const;
  Group take_group();

  Write write_;
  std::mutex mutex_;
  std::condition_variable enough_;
  std::deque<std::unique_ptr<Command>> waiting_;
  std::size_t waiting_transactions_ = 0;
  std::size_t wanted_ = 1;    // so many commands are enough to go on
  std::size_t expected_ = 0;  // how many are likely to want something
  Clock::duration last_write_{};
  bool stopping_ = false;
  std::thread thread_;  // begins with the first command
};

}  // namespace glucoledger::ledger_store
