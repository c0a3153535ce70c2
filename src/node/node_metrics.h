// What a node counts beside its server: commands, commits, proofs of work, event streams. Lock-free.
#pragma once

#include <array>
#include <chrono>

#include "http/metrics.h"
#include "node/iri_request.h"

namespace glucoledger::node {

class NodeMetrics {
 public:
  // They are kept in `metrics`, which outlives this.
  explicit NodeMetrics(http::Metrics& metrics);
  void count_request(IriCommand command, unsigned status, std::chrono::nanoseconds elapsed);
  void count_commit(std::uint64_t transactions, std::chrono::nanoseconds duration);

 private:
  static constexpr std::size_t kOutcomeCount = 3;
  std::array<std::array<http::Figure*, kOutcomeCount>, kIriCommandCount> outcomes_;
  std::array<http::Histogram*, kIriCommandCount> latencies_;
  http::Histogram& commits_;
  http::Figure& committed_transactions_;

 public:
  http::Figure& proofs_of_work;  // running or waiting now
  http::Figure& event_streams;   // open now
};

}  // namespace glucoledger::node
