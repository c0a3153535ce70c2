#include "http/server_metrics.h"

#include <algorithm>

namespace glucoledger::http {

ServerMetrics::ServerMetrics(Metrics& metrics)
    : refused_(),
      connections(metrics.gauge("glucoledger_connections", "Connections open now.")),
      connections_turned_away(metrics.counter(
          "glucoledger_connections_turned_away_total",
          "Connections that came when the limit was reached, so that an idle one gave way or they were closed.")),
      connections_timed_out(metrics.counter("glucoledger_connections_timed_out_total",
                                            "Connections closed since their client was too slow.")),
      handshakes_failed(
          metrics.counter("glucoledger_tls_handshakes_failed_total", "TLS handshakes that came to nothing.")),
      memory_size(metrics.gauge("glucoledger_request_memory_bytes", "Bodies and answers held now.")) {
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    const std::string status = i < kRefusals.size() ? std::to_string(kRefusals[i]) : "other";
    refused_[i] = &metrics.counter("glucoledger_requests_refused_total",
                                   "Requests refused without having been done as a command, by status.",
                                   "status=\"" + status + "\"");
  }
}

void ServerMetrics::count_refusal(unsigned status) {
  const auto place = std::find(kRefusals.begin(), kRefusals.end(), status) - kRefusals.begin();
  refused_[static_cast<std::size_t>(place)]->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace glucoledger::http
