// Attaches bundles and submits them, many at a time, beside the caller, who signs the next ones and keeps the books.
//
//   push() -> a thread a core does proofs of work, each for a bundle of its own (the work inside one is sequential)
//          -> take_batch(): what is attached; the caller records that it leaves and gives what may leave to depart()
//          -> a thread submits -> take_accepted()
//
// What was pushed leaves in that order, one submission at a time, whichever proof of work is done first: so on the
// ledger nothing stands behind a gap, and a look at the one next address of an epoch tells whether its key was used.
//
// Queues are bounded: has_room() tells when to hold back. Of the home it looks at nothing but who holds departures off.
// Rows that are not wanted any more are dropped wherever they are, and a submission that holds one is broken off, as
// are all that are under way while departures are held off for longer than a ledger takes to answer
// (home/signing_lease.h): a silent node keeps nobody from changing their mind, and nothing goes on to a next one. What
// is still wanted comes again with take_batch(). Used by one thread; ledger and attach are called from several. What
// is due by time is so by the world's clock; real time bounds only how long a thread waits for others' signals.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "home/outbox.h"
#include "home/signing_lease.h"
#include "ports/world.h"

namespace glucoledger::exchange {

// The row itself, for the books.
home::Outgoing without_bundle(const home::Outgoing& row);

// A row and its bundle, ready to be submitted.
struct Attached {
  home::Outgoing row;
  std::vector<ledger::Transaction> transactions;
  std::int64_t turn = 0;  // in which it leaves
};

// A bundle that a ledger accepted.
struct Accepted {
  home::Outgoing row;                                  // without its bundle, which the ledger has now
  std::vector<std::vector<crypto::Hash>> attachments;  // of each its transactions, the tail first
};

class AttachPipeline {
 public:
  // `expected`: how many bundles will come; 0: not known. Of a few, each is worked on by all cores.
  AttachPipeline(std::filesystem::path home_folder, ports::Ledger& ledger, const ports::World& world,
                 int min_weight_magnitude, std::size_t expected);
  AttachPipeline(const AttachPipeline&) = delete;
  AttachPipeline& operator=(const AttachPipeline&) = delete;
  ~AttachPipeline();  // stops

  bool has_room() const;
  void push(home::Outgoing row);
  void push_first(home::Outgoing row);  // before all that waits; there is always room for it
  void finish();                        // no more comes: what is attached leaves at once
  // Ends the work that is under way. What was accepted until then can still be taken.
  void stop();

  // Until there is something to take, an error, or nothing is under way any more, or (`for_room`) room for much;
  // `wait_ms` at most.
  void wait(std::int64_t wait_ms, bool for_room);
  // What is attached and due; empty while nothing is, or enough is being submitted.
  std::vector<Attached> take_batch();
  // `departure` lasts until the ledger answered.
  void depart(std::vector<Attached> batch, home::Departure departure);
  std::vector<Accepted> take_accepted();
  // All rows that were pushed and neither accepted nor dropped, without their bundles.
  std::vector<home::Outgoing> rows() const;
  void drop(std::span<const home::Outgoing> unwanted);

  // What went wrong first; then the pipeline has stopped.
  std::optional<Error> error() const;
  bool is_idle() const;  // all that was pushed was dropped, or accepted and taken
  // By all threads together, for a guess at the time that is left.
  std::uint64_t hashes_done() const { return hashes_done_; }

 private:
  using Steady = std::chrono::steady_clock;
  using Key = std::pair<home::Outgoing::Kind, std::int64_t>;  // of a row
  using Turn = std::int64_t;
  struct Waiting {
    home::Outgoing row;
    Turn turn = 0;
  };
  struct Submission {
    std::vector<Attached> batch;
    home::Departure departure;
    base::CancelSource cancel;
  };
  static Key key_of(const home::Outgoing& row) { return {row.kind, row.id}; }

  void attach_loop();
  void submit_loop();
  void watch_loop();
  void guarded(void (AttachPipeline::*loop)());
  void settle(Submission& submission, const Result<void>& submitted) REQUIRES(mutex_);
  Result<Attached> attach(Waiting waiting);
  Result<ports::Tips> current_tips();
  bool batch_is_due() const REQUIRES(mutex_);
  // Of those that are attached, how many have nothing before them that is not; up to a batch.
  std::size_t ready_count() const REQUIRES(mutex_);
  bool may_attach() const REQUIRES(mutex_);
  bool has_ended() const REQUIRES(mutex_);
  void wake_all() REQUIRES(mutex_);
  void fail_with(Error error);

  const std::filesystem::path home_folder_;
  ports::Ledger& ledger_;
  const ports::World& world_;
  const int mwm_;
  const int threads_per_bundle_;  // 0: all cores
  base::CancelSource cancel_;     // of all that is under way
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> hashes_done_ = 0;

  base::Mutex tips_mutex_;
  std::optional<ports::Tips> tips_ GUARDED_BY(tips_mutex_);
  std::int64_t tips_at_ms_ GUARDED_BY(tips_mutex_) = 0;

  mutable base::Mutex mutex_;
  base::Condition may_attach_;
  base::Condition may_submit_;
  base::Condition may_take_;
  base::Condition may_watch_;
  Turn first_turn_ GUARDED_BY(mutex_) = 0;  // of those pushed first, the last one leaves first
  Turn last_turn_ GUARDED_BY(mutex_) = 0;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);          // by their turns
  std::vector<Waiting> being_attached_ GUARDED_BY(mutex_);  // without their bundles
  std::map<Turn, Attached> attached_ GUARDED_BY(mutex_);
  std::shared_ptr<Submission> submission_ GUARDED_BY(mutex_);  // the one under way
  std::vector<Accepted> accepted_ GUARDED_BY(mutex_);
  std::set<Key> unwanted_ GUARDED_BY(mutex_);  // of those being attached or submitted
  std::int64_t attached_since_ms_ GUARDED_BY(mutex_) = 0;
  bool finishing_ GUARDED_BY(mutex_) = false;
  std::optional<Error> error_ GUARDED_BY(mutex_);

  std::vector<std::jthread> threads_;
};

}  // namespace glucoledger::exchange
