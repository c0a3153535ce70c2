#include "node/service.h"

#include <nlohmann/json.hpp>

#include "base/process.h"
#include "ledger/state_head.h"

namespace glucoledger::node {
namespace {

std::string text_of(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Service::Service(IriApi& api, ledger_store::Replica& tangle, const http::Log& log, const ServiceOptions& options)
    : api_(api),
      tangle_(tangle),
      log_(log),
      node_metrics_(metrics_),
      events_(tangle, node_metrics_, options.event_streams_max),
      commands_(api, node_metrics_, log, options.proofs_of_work_waiting_max, options.proofs_of_work_of_peer_max) {
  metrics_.add_source([this](std::string& text) { write_gauges(text); });
  add_routes();
  subscription_ = tangle_.subscribe([this](const ledger_store::Commit& commit) {
    node_metrics_.count_commit(commit.after.sequence - commit.before.sequence, commit.duration);
    events_.wake();
  });
}

void Service::add_routes() {
  using Responder = std::shared_ptr<http::Responder>;
  router_.set_cors({.origins = "*",
                    .request_headers = "Content-Type, X-IOTA-API-Version, Authorization, Last-Event-ID",
                    .methods = "GET, POST, OPTIONS"});
  router_.set_otherwise(http::error_reply(403, "Forbidden: commands are posted to /"));
  router_.add(
      {.method = "POST", .path = "/", .body = http::Route::Body::kWhole, .body_size_max = api_.limits().body_size_max},
      [this](const Responder& responder) { commands_.answer(responder); });
  router_.add({.method = "GET", .path = "/health"}, [this](const Responder& responder) { responder->reply(health()); });
  router_.add({.method = "GET", .path = "/metrics", .is_for_pages = false}, [this](const Responder& responder) {
    std::string text;
    metrics_.write(text);
    responder->reply({200, std::move(text), http::kPrometheusType});
  });
  router_.add({.method = "GET", .path = "/events", .answers_head = false, .is_for_pages = false},
              [this](const Responder& responder) { events_.answer(responder); });
  router_.on_stop([this] {
    events_.stop();
    commands_.stop();
  });
}

void Service::set_trouble(std::optional<std::string> trouble) {
  api_.set_healthy(!trouble);
  const base::MutexLock lock(mutex_);
  if (trouble == trouble_) return;
  if (trouble) {
    log_.error("trouble", {{"reason", *trouble}});
  } else {
    log_.info("trouble is over");
  }
  trouble_ = std::move(trouble);
}

std::optional<std::string> Service::trouble() {
  const base::MutexLock lock(mutex_);
  return trouble_;
}

http::Reply Service::health() {
  std::optional<std::string> reason = trouble();
  const auto milestone = tangle_.latest_milestone();
  if (!milestone) reason = "the ledger cannot be read: " + milestone.error().message;
  nlohmann::ordered_json document = {{"status", reason ? "unhealthy" : "ok"}};
  if (reason) document["reason"] = *reason;
  if (milestone) document["latestMilestoneIndex"] = milestone->index;
  if (const auto doubt = clock_doubt()) document["warning"] = *doubt;
  return {reason ? 503u : 200u, text_of(document)};
}

std::optional<std::string> Service::clock_doubt() {
  const auto view = tangle_.view();
  if (!view) return std::nullopt;
  const auto head = ledger::read_head(**view);
  return head ? api_.clock_watch().doubt(head->time_ms) : std::nullopt;
}

void Service::write_gauges(std::string& text) {
  http::write_gauge(text, "glucoledger_healthy", "1 while milestones can be issued.", trouble() ? 0 : 1);
  write_ledger_gauges(text);
  http::write_gauge(text, "process_resident_memory_bytes", "Memory of the process that is in use.",
                    base::resident_memory_size());
}

// What cannot be read is left out: /health has the reason.
void Service::write_ledger_gauges(std::string& text) {
  const auto view = tangle_.view();
  if (!view) return;
  const ledger::StateReader& reader = **view;
  if (const auto count = ledger::transaction_count(reader)) {
    http::write_gauge(text, "glucoledger_ledger_transactions", "Transactions whose bodies are here.", *count);
  }
  if (const auto head = ledger::read_head(reader)) {
    http::write_gauge(text, "glucoledger_ledger_waiting_transactions",
                      "Transactions that wait for what they approve or for the rest of their bundle.", head->open);
  }
  if (const auto milestone = ledger::latest_milestone(reader)) {
    http::write_gauge(text, "glucoledger_ledger_milestone_index", "The latest milestone; 0: none yet.",
                      milestone->index);
    http::write_gauge(text, "glucoledger_ledger_milestone_time_seconds", "When it was issued, since 1970.",
                      static_cast<std::uint64_t>(milestone->time_ms) / 1000);
  }
}

}  // namespace glucoledger::node
