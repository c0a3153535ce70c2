// What the node answers over HTTP: its handlers on a router, its health and its figures.
//
//   POST /         a command of the IRI API (iri_api.h)       GET /health   200, or 503 with the reason
//   GET /metrics   figures for Prometheus                     GET /events[?after=ID]   the live feed (event_streams.h)
// Everything but reading needs the token, where there is one. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/limits.h"
#include "base/mutex.h"
#include "http/log.h"
#include "http/metrics.h"
#include "http/router.h"
#include "ledger_store/replica.h"
#include "node/command_handler.h"
#include "node/event_streams.h"
#include "node/iri_api.h"
#include "node/node_metrics.h"

namespace glucoledger::node {

struct ServiceOptions {
  std::size_t proofs_of_work_waiting_max = base::limits::kProofsOfWorkWaitingMax;
  std::size_t proofs_of_work_of_peer_max = base::limits::kProofsOfWorkWaitingMax;
  std::size_t event_streams_max = base::limits::kEventStreamsMax;
};

class Service {
 public:
  // What it is given outlives it.
  Service(IriApi& api, ledger_store::Replica& tangle, const http::Log& log = http::Log(http::LogLevel::kOff),
          const ServiceOptions& options = {});

  // With the handlers above. A server over it ends before the service does.
  const http::Router& router() const { return router_; }
  http::Metrics& metrics() { return metrics_; }
  const http::Log& log() const { return log_; }
  // Why the node cannot do its work, for /health; nothing while it can.
  void set_trouble(std::optional<std::string> trouble);

 private:
  void add_routes();
  http::Reply health();
  std::optional<std::string> trouble();
  std::optional<std::string> clock_doubt();
  void write_gauges(std::string& text);
  void write_ledger_gauges(std::string& text);

  IriApi& api_;
  ledger_store::Replica& tangle_;
  const http::Log log_;
  http::Metrics metrics_;
  NodeMetrics node_metrics_;
  http::Router router_;
  EventStreams events_;
  CommandHandler commands_;
  base::Mutex mutex_;
  std::optional<std::string> trouble_ GUARDED_BY(mutex_);
  ledger_store::Replica::Subscription subscription_;  // goes first: it uses the rest
};

}  // namespace glucoledger::node
