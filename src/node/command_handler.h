// Answers commands of the IRI API where they delay no other: those that read little at once, by the thread that has
// them; what is stored without waiting for the disk; what is large aside; proofs of work in their queue. Everything but
// reading needs the token, where there is one, and is not for pages of other origins where there is none. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "http/log.h"
#include "http/responder.h"
#include "node/iri_api.h"
#include "node/node_metrics.h"
#include "node/proof_of_work_queue.h"

namespace glucoledger::node {

class CommandHandler {
 public:
  // What it is given outlives it. `waiting_max`, `peer_max`: how many proofs of work may wait, in all and of one peer.
  CommandHandler(IriApi& api, NodeMetrics& metrics, const http::Log& log, std::size_t waiting_max,
                 std::size_t peer_max);

  void answer(const std::shared_ptr<http::Responder>& responder);
  // Interrupts all proofs of work; returns when all are answered. No more are taken.
  void stop() { proof_of_work_.stop(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  http::Reply reply_to(const IriRequest& request, Time received, const base::CancelToken& cancel = {});
  void store(const std::shared_ptr<http::Responder>& responder, const IriRequest& request, Time received);
  void queue_proof_of_work(const std::shared_ptr<http::Responder>& responder, std::shared_ptr<IriRequest> request,
                           Time received);
  // Counts what was done and notes it in the log.
  http::Reply account(IriCommand command, Time received, IriReply answer);

  IriApi& api_;
  NodeMetrics& metrics_;
  const http::Log log_;
  ProofOfWorkQueue proof_of_work_;  // goes first: its thread uses the rest
};

}  // namespace glucoledger::node
