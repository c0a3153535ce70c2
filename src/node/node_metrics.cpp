#include "node/node_metrics.h"

#include <string>

namespace glucoledger::node {
namespace {

constexpr std::array<const char*, 3> kOutcomes = {"answered", "refused", "failed"};

std::string command_label(std::size_t command) {
  return "command=\"" + std::string(name_of(static_cast<IriCommand>(command))) + "\"";
}

std::size_t outcome_of(unsigned status) {
  return status < 400 ? 0 : status < 500 ? 1 : 2;
}

}  // namespace

NodeMetrics::NodeMetrics(http::Metrics& metrics)
    : outcomes_(),
      latencies_(),
      commits_(metrics.histogram("glucoledger_commit_seconds",
                                 "What applying a group of writes to the ledger and syncing it took.")),
      committed_transactions_(
          metrics.counter("glucoledger_committed_transactions_total", "Transactions that the ledger took in.")),
      proofs_of_work(metrics.gauge("glucoledger_proofs_of_work", "Proofs of work that wait or are done now.")),
      event_streams(metrics.gauge("glucoledger_event_streams", "Streams of events open now.")) {
  constexpr auto kLeftOut = http::Metrics::Zero::kLeftOut;
  for (std::size_t command = 0; command < kIriCommandCount; ++command) {
    for (std::size_t outcome = 0; outcome < kOutcomes.size(); ++outcome) {
      outcomes_[command][outcome] =
          &metrics.counter("glucoledger_requests_total",
                           "Commands done, by name; refused: by the client's fault (4xx), failed: by the node's (5xx).",
                           command_label(command) + ",outcome=\"" + kOutcomes[outcome] + "\"", kLeftOut);
    }
    latencies_[command] = &metrics.histogram(
        "glucoledger_request_seconds", "From when a command was here as a whole until its answer was ready, by name.",
        command_label(command), kLeftOut);
  }
}

void NodeMetrics::count_request(IriCommand command, unsigned status, std::chrono::nanoseconds elapsed) {
  const auto index = static_cast<std::size_t>(command);
  outcomes_[index][outcome_of(status)]->fetch_add(1, std::memory_order_relaxed);
  latencies_[index]->observe(elapsed);
}

void NodeMetrics::count_commit(std::uint64_t transactions, std::chrono::nanoseconds duration) {
  commits_.observe(duration);
  committed_transactions_.fetch_add(transactions, std::memory_order_relaxed);
}

}  // namespace glucoledger::node
