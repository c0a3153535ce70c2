// What the node answers to an HTTP request, whatever carries its bytes: routes, rights, health, figures and log.
//
//   POST /         a command of the IRI API (iri_api.h)       GET /health   200, or 503 with the reason
//   GET /metrics   figures for Prometheus (metrics.h)         GET /events[?after=ID]   the live feed (event_feed.h)
// Everything but reading needs the token, where there is one (access.h). Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/access.h"
#include "node/iri_api.h"
#include "node/log.h"
#include "node/metrics.h"

namespace glucoledger::node {

struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view authorization;  // the header field's value; empty where there is none
};

inline constexpr const char* kJsonType = "application/json; charset=UTF-8";

struct Reply {
  unsigned status = 200;  // 204 answers a CORS preflight
  std::string body;
  const char* content_type = kJsonType;
};

class Service {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Next { kReply, kReadCommand, kStreamEvents };
  struct Opening {
    Next next = Next::kReply;
    Reply reply = {};                    // where that comes next
    std::string_view events_after = {};  // where a stream of them is to begin; empty: now. Lies in the target
    bool may_do_everything = false;
  };

  // What it is given outlives it.
  Service(IriApi& api, ledger_store::Replica& tangle, Log log = Log(LogLevel::kOff))
      : api_(api), tangle_(tangle), log_(std::move(log)) {}

  // What is to be done once a request's head is here.
  Opening open(const RequestHead& head);
  // The 401 for a command that its sender may not send.
  std::optional<Reply> refusal(const IriRequest& request, bool may_do_everything);
  // Does what a command asks. `received` is when it was here as a whole; `cancel` as for IriApi.
  Reply handle(const IriRequest& request, Time received, std::atomic<bool>* cancel = nullptr);
  // The same for a storing command, without waiting for the disk: `done` as for IriApi::store().
  void store(const IriRequest& request, Time received, const std::function<void(Reply)>& done);
  // Counts it, too.
  Reply refuse(unsigned status, std::string_view reason);

  void set_access(const Access& access);
  // Why the node cannot do its work, for /health; nothing while it can.
  void set_trouble(std::optional<std::string> trouble);

  IriApi& api() { return api_; }
  Metrics& metrics() { return metrics_; }
  const Log& log() const { return log_; }

 private:
  static Opening answered(Reply reply);
  // Counts what was done and notes it in the log.
  Reply account(IriCommand command, Time received, IriReply answer);
  Reply health();
  Reply metrics_text();
  void write_ledger_gauges(std::string& text);

  IriApi& api_;
  ledger_store::Replica& tangle_;
  Log log_;
  Metrics metrics_;
  std::mutex mutex_;  // guards what follows
  Access access_;
  std::optional<std::string> trouble_;
};

}  // namespace glucoledger::node
