// Has commands done where they delay no other: those that read at once, by the thread that has them; what is stored
// without waiting for the disk, judged by other threads where it is large; proofs of work in their queue. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/connections.h"
#include "node/proof_of_work_queue.h"
#include "node/service.h"

namespace glucoledger::node {

// Requests up to here are taken however much is held already, and delay no other.
inline constexpr std::size_t kSmallSize = 8 << 10;

class Dispatcher {
 public:
  // Has a task done by a thread of the server's, and does not wait for it.
  using Post = std::function<void(std::function<void()> task)>;
  struct Threads {
    Post writing;  // those that move bytes: tasks that are done at once
    Post judging;  // tasks that take a while
  };
  struct Outcome {
    std::optional<Reply> reply;                 // nothing: the connection gets it later
    std::shared_ptr<std::atomic<bool>> cancel;  // of a proof of work, to be set when its requester is gone
  };

  // `service` outlives it. `peer_max`: how many proofs of work of one peer may wait.
  Dispatcher(Service& service, Threads threads, std::size_t proofs_of_work_waiting_max, std::size_t peer_max);

  Outcome dispatch(const std::shared_ptr<Connection>& connection, std::string body, bool may_do_everything);
  // Interrupts all of them; returns when all are answered. No more are taken.
  void stop_proofs_of_work() { proof_of_work_.stop(); }
  // Until all that is to be answered later is.
  void wait();

 private:
  using Time = Service::Time;
  void store(const std::shared_ptr<Connection>& connection, const IriRequest& request, Time received);
  Outcome queue_proof_of_work(const std::shared_ptr<Connection>& connection, std::shared_ptr<IriRequest> request,
                              Time received);
  void expect_reply();
  void add_reply(std::shared_ptr<Connection> connection, Reply reply);
  void deliver();

  Service& service_;
  Threads threads_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable none_expected_;
  std::size_t expected_ = 0;
  // What came from threads that must not wait; all that is there when their turn comes is delivered together.
  std::vector<std::pair<std::shared_ptr<Connection>, Reply>> added_;

  ProofOfWorkQueue proof_of_work_;  // goes first: its thread uses the rest
};

}  // namespace glucoledger::node
