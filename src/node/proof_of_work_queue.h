// Proofs of work wait here for the one thread that does them (each takes all cores). Fair: peers take turns, whatever
// each has asked for. Bounded, in all and for a peer; what was given up makes room.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/cancel.h"
#include "base/mutex.h"

namespace glucoledger::node {

class ProofOfWorkQueue {
 public:
  struct Job {
    base::CancelSource cancel;
    std::function<void()> work;  // called once; soon, where `cancel` was tripped
  };
  // `peer_max`: how many of one peer may wait.
  ProofOfWorkQueue(std::size_t waiting_max, std::size_t peer_max);
  ~ProofOfWorkQueue();  // stops
  ProofOfWorkQueue(const ProofOfWorkQueue&) = delete;
  ProofOfWorkQueue& operator=(const ProofOfWorkQueue&) = delete;

  // False when there is no room, or after stop(): the work is not called then.
  bool add(const std::string& peer, Job job);
  void cancel_all();  // the running one and those that wait
  void stop();        // cancels all, and returns when all were called

 private:
  void run();
  bool has_room_for(const std::string& peer) const REQUIRES(mutex_);
  void take_out_cancelled(std::deque<Job>& cancelled) REQUIRES(mutex_);

  const std::size_t waiting_max_;
  const std::size_t peer_max_;
  base::Mutex mutex_;
  base::Condition changed_;
  std::map<std::string, std::deque<Job>> waiting_ GUARDED_BY(mutex_);  // never an empty deque
  std::list<std::string> turns_ GUARDED_BY(mutex_);                    // the keys of waiting_, whose turn is next first
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  std::optional<base::CancelSource> running_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace glucoledger::node
