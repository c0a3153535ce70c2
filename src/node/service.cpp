#include "node/service.h"

#include "base/process.h"
#include "ledger/state_head.h"
#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

constexpr const char* kInternalError = "out of memory, or an internal error";
constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

bool is_get(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

// Where a query says that events are to begin. Anything else in it is refused: with a name that is misspelt the stream
// would begin now, and what came before would be missed.
Result<std::string_view> events_after(std::string_view query) {
  constexpr std::string_view kAfter = "after=";
  std::string_view after;
  while (!query.empty()) {
    query.remove_prefix(1);  // ? or &
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    if (parameter.empty()) continue;
    if (!parameter.starts_with(kAfter) || parameter == kAfter || !after.empty()) {
      return refused("unknown query " + excerpt(parameter) +
                     ": events take after=SEQUENCE-MILESTONE, once, and nothing else");
    }
    after = parameter.substr(kAfter.size());
  }
  return after;
}

}  // namespace

Reply Service::refuse(unsigned status, std::string_view reason) {
  metrics_.count_refusal(status);
  if (log_.writes(LogLevel::kDebug)) log_.debug("request refused", {{"status", status}});
  return {status, error_reply(status, reason).body};
}

Service::Opening Service::answered(Reply reply) {
  return {.next = Next::kReply, .reply = std::move(reply)};
}

Service::Opening Service::open(const RequestHead& head) {
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  const bool is_known = path == "/" || path == "/health" || path == "/metrics" || path == "/events";
  if (head.method == "OPTIONS") return answered({204, ""});
  if (!is_known) return answered(refuse(403, "Forbidden: commands are posted to /"));
  if (path == "/") {
    if (head.method != "POST") return answered(refuse(405, "Method Not Allowed: send commands by POST"));
    const std::lock_guard lock(mutex_);
    return {.next = Next::kReadCommand, .may_do_everything = access_.allows_everything(head.authorization)};
  }
  if (!is_get(head.method)) return answered(refuse(405, "Method Not Allowed: this is read by GET"));
  if (path == "/health") return answered(health());
  if (path == "/metrics") return answered(metrics_text());
  if (head.method == "HEAD") return answered(refuse(405, "Method Not Allowed: events are read by GET"));
  const auto after = events_after(head.target.substr(path.size()));
  if (!after) return answered(refuse(400, "Bad Request: " + after.error().message));
  return {.next = Next::kStreamEvents, .events_after = *after};
}

std::optional<Reply> Service::refusal(const IriRequest& request, bool may_do_everything) {
  if (may_do_everything || work_of(request.command()) == IriWork::kReading) return std::nullopt;
  return refuse(401, "Unauthorized: this command needs the header Authorization: Bearer TOKEN");
}

Reply Service::handle(const IriRequest& request, Time received, std::atomic<bool>* cancel) {
  IriReply answer;
  try {
    answer = api_.handle(request, cancel);
  } catch (const std::exception&) {
    answer = error_reply(500, kInternalError);
  }
  return account(request.command(), received, std::move(answer));
}

void Service::store(const IriRequest& request, Time received, const std::function<void(Reply)>& done) {
  const IriCommand command = request.command();
  try {
    api_.store(request, [this, command, received, done](IriReply answer) {
      done(account(command, received, std::move(answer)));
    });
  } catch (const std::exception&) {
    done(account(command, received, error_reply(500, kInternalError)));
  }
}

Reply Service::account(IriCommand command, Time received, IriReply answer) {
  const auto elapsed = std::chrono::steady_clock::now() - received;
  metrics_.count_request(command, answer.status, elapsed);
  if (log_.writes(LogLevel::kDebug)) {
    log_.debug("request", {{"command", name_of(command)},
                           {"status", answer.status},
                           {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()},
                           {"answer_size", answer.body.size()}});
  }
  if (answer.status >= 500) log_.warning("request failed", {{"command", name_of(command)}});
  return {answer.status, std::move(answer.body)};
}

void Service::set_access(const Access& access) {
  const std::lock_guard lock(mutex_);
  access_ = access;
}

void Service::set_trouble(std::optional<std::string> trouble) {
  api_.set_healthy(!trouble);
  const std::lock_guard lock(mutex_);
  if (trouble == trouble_) return;
  if (trouble) {
    log_.error("trouble", {{"reason", *trouble}});
  } else {
    log_.info("trouble is over");
  }
  trouble_ = std::move(trouble);
}

Reply Service::health() {
  std::optional<std::string> reason;
  {
    const std::lock_guard lock(mutex_);
    reason = trouble_;
  }
  const auto milestone = tangle_.latest_milestone();
  if (!milestone) reason = "the ledger cannot be read: " + milestone.error().message;
  nlohmann::ordered_json document = {{"status", reason ? "unhealthy" : "ok"}};
  if (reason) document["reason"] = *reason;
  if (milestone) document["latestMilestoneIndex"] = milestone->index;
  return {reason ? 503u : 200u, document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

// What cannot be read is left out: /health has the reason.
void Service::write_ledger_gauges(std::string& text) {
  const auto view = tangle_.view();
  if (!view) return;
  const ledger::StateReader& reader = **view;
  if (const auto count = ledger::transaction_count(reader)) {
    write_gauge(text, "glucoledger_ledger_transactions", "Transactions whose bodies are here.", *count);
  }
  if (const auto head = ledger::read_head(reader)) {
    write_gauge(text, "glucoledger_ledger_waiting_transactions",
                "Transactions that wait for what they approve or for the rest of their bundle.", head->open);
  }
  if (const auto milestone = ledger::latest_milestone(reader)) {
    write_gauge(text, "glucoledger_ledger_milestone_index", "The latest milestone; 0: none yet.", milestone->index);
    write_gauge(text, "glucoledger_ledger_milestone_time_seconds", "When it was issued, since 1970.",
                static_cast<std::uint64_t>(milestone->time_ms) / 1000);
  }
}

Reply Service::metrics_text() {
  std::string text;
  metrics_.write(text);
  {
    const std::lock_guard lock(mutex_);
    write_gauge(text, "glucoledger_healthy", "1 while milestones can be issued.", trouble_ ? 0 : 1);
  }
  write_ledger_gauges(text);
  write_gauge(text, "process_resident_memory_bytes", "Memory of the process that is in use.",
              base::resident_memory_size());
  return {200, std::move(text), kPrometheusType};
}

}  // namespace glucoledger::node
