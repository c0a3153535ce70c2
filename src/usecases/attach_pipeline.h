// Attaches bundles and submits them, many at a time, beside the caller, who signs the next ones and keeps the books.
//
// A thread a core does proofs of work, each for a bundle of its own (the work inside a bundle is sequential); others
// submit what is done in batches, a few under way at once. Queues are bounded: has_room() tells when to hold back.
// Nothing here touches the home: what is pushed must be committed already, and what was accepted is told by take().
// The pipeline is used by one thread; ledger and attach are called from several.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "home/outbox.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

// A bundle that a ledger accepted.
struct Accepted {
  home::Outgoing row;               // without its bundle, which the ledger has now
  std::vector<crypto::Hash> tails;  // of its attachments
};

class AttachPipeline {
 public:
  // `expected`: how many bundles will come; 0: not known. Of a few, each is worked on by all cores.
  AttachPipeline(ports::Ledger& ledger, const World& world, int min_weight_magnitude, std::size_t expected);
  AttachPipeline(const AttachPipeline&) = delete;
  AttachPipeline& operator=(const AttachPipeline&) = delete;
  ~AttachPipeline();  // stops

  bool has_room() const;
  void push(home::Outgoing row);
  void finish();  // no more comes: what is attached leaves at once
  // Ends the work that is under way. What was accepted until then can still be taken.
  void stop();
  // What was accepted since the last call. Waits a little while there is nothing, no room, and work under way.
  std::vector<Accepted> take(std::int64_t wait_ms);
  // What went wrong first; then the pipeline has stopped.
  std::optional<Error> error() const;
  bool is_idle() const;  // all that was pushed was accepted and taken
  // By all threads together, for a guess at the time that is left.
  std::uint64_t hashes_done() const { return hashes_done_; }

 private:
  struct Attached {
    home::Outgoing row;
    std::vector<ledger::Transaction> transactions;
  };
  using Steady = std::chrono::steady_clock;

  void attach_loop();
  void submit_loop();
  Result<Attached> attach(home::Outgoing row);
  Result<ports::Tips> current_tips();
  bool has_ended() const;  // all that was pushed is being submitted
  bool batch_is_due() const;
  void wake_all();
  void fail_with(Error error);

  ports::Ledger& ledger_;
  const World& world_;
  const int mwm_;
  const int threads_per_bundle_;  // 0: all cores
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> hashes_done_ = 0;

  std::mutex tips_mutex_;
  std::optional<ports::Tips> tips_;
  Steady::time_point tips_at_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable may_attach_;
  std::condition_variable may_submit_;
  std::condition_variable may_take_;
  std::deque<home::Outgoing> waiting_;
  std::deque<Attached> attached_;
  std::vector<Accepted> accepted_;
  std::size_t being_attached_ = 0;
  std::size_t being_submitted_ = 0;
  Steady::time_point attached_since_;  // of the oldest that is attached and not being submitted
  bool finishing_ = false;
  std::optional<Error> error_;

  std::vector<std::jthread> threads_;
};

}  // namespace glucoledger::usecases
