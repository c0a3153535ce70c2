#include "node/metrics.h"

#include <algorithm>
#include <cstdio>

namespace glucoledger::node {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

void write_head(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void write_value(std::string& text, std::string_view name, std::string_view labels, const std::string& value) {
  text.append(name);
  if (!labels.empty()) text.append("{").append(labels).append("}");
  text.append(" ").append(value).append("\n");
}

std::string command_label(std::size_t command) {
  return "command=\"" + std::string(name_of(static_cast<IriCommand>(command))) + "\"";
}

}  // namespace

const std::array<double, Histogram::kBuckets> Histogram::kBoundsS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};

void Histogram::observe(std::chrono::nanoseconds elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  std::size_t bucket = 0;
  while (bucket < kBuckets && seconds > kBoundsS[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<std::uint64_t>(elapsed.count()), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (const auto& bucket : counts_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

void Histogram::write(std::string& text, std::string_view name, std::string_view labels) const {
  std::uint64_t below = 0;
  const std::string bucket_name = std::string(name) + "_bucket";
  const std::string first_labels = labels.empty() ? "" : std::string(labels) + ",";
  for (std::size_t i = 0; i <= kBuckets; ++i) {
    below += counts_[i].load(std::memory_order_relaxed);
    std::string bucket_labels = first_labels;
    bucket_labels.append("le=\"").append(i < kBuckets ? number(kBoundsS[i]) : "+Inf").append("\"");
    write_value(text, bucket_name, bucket_labels, std::to_string(below));
  }
  const double sum_s = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9;
  write_value(text, std::string(name) + "_sum", labels, number(sum_s));
  write_value(text, std::string(name) + "_count", labels, std::to_string(below));
}

void write_gauge(std::string& text, std::string_view name, std::string_view help, std::uint64_t value) {
  write_head(text, name, "gauge", help);
  write_value(text, name, "", std::to_string(value));
}

void write_counter(std::string& text, std::string_view name, std::string_view help, std::uint64_t value) {
  write_head(text, name, "counter", help);
  write_value(text, name, "", std::to_string(value));
}

void Metrics::count_refusal(unsigned status) {
  const auto place = std::find(kRefusals.begin(), kRefusals.end(), status) - kRefusals.begin();
  refused_[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::count_request(IriCommand command, unsigned status, std::chrono::nanoseconds elapsed) {
  const auto index = static_cast<std::size_t>(command);
  const Outcome outcome = status < 400 ? Outcome::kAnswered : status < 500 ? Outcome::kRefused : Outcome::kFailed;
  outcomes_[index][static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  latencies_[index].observe(elapsed);
}

void Metrics::count_commit(std::uint64_t transactions, std::chrono::nanoseconds duration) {
  commits_.observe(duration);
  committed_transactions_.fetch_add(transactions, std::memory_order_relaxed);
}

void Metrics::write_commands(std::string& text) const {
  static constexpr std::array<std::string_view, 3> kOutcomes = {"answered", "refused", "failed"};
  write_head(text, "glucoledger_requests_total", "counter",
             "Commands done, by name; refused: by the client's fault (4xx), failed: by the node's (5xx).");
  for (std::size_t command = 0; command < kIriCommandCount; ++command) {
    for (std::size_t outcome = 0; outcome < kOutcomes.size(); ++outcome) {
      const std::uint64_t count = outcomes_[command][outcome].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const std::string labels = command_label(command) + ",outcome=\"" + std::string(kOutcomes[outcome]) + "\"";
      write_value(text, "glucoledger_requests_total", labels, std::to_string(count));
    }
  }
  write_head(text, "glucoledger_request_seconds", "histogram",
             "From when a command was here as a whole until its answer was ready, by name.");
  for (std::size_t command = 0; command < kIriCommandCount; ++command) {
    if (latencies_[command].count() == 0) continue;
    latencies_[command].write(text, "glucoledger_request_seconds", command_label(command));
  }
  write_head(text, "glucoledger_requests_refused_total", "counter",
             "Requests refused without having been done as a command, by status.");
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    const std::string status = i < kRefusals.size() ? std::to_string(kRefusals[i]) : "other";
    write_value(text, "glucoledger_requests_refused_total", "status=\"" + status + "\"",
                std::to_string(refused_[i].load(std::memory_order_relaxed)));
  }
}

void Metrics::write(std::string& text) const {
  write_commands(text);
  write_head(text, "glucoledger_commit_seconds", "histogram",
             "What applying a group of writes to the ledger and syncing it took.");
  commits_.write(text, "glucoledger_commit_seconds", "");
  write_counter(text, "glucoledger_committed_transactions_total", "Transactions that the ledger took in.",
                committed_transactions_);
  write_gauge(text, "glucoledger_connections", "Connections open now.", connections);
  write_counter(text, "glucoledger_connections_turned_away_total",
                "Connections that came when the limit was reached, so that an idle one gave way or they were closed.",
                connections_turned_away);
  write_counter(text, "glucoledger_connections_timed_out_total", "Connections closed since their client was too slow.",
                connections_timed_out);
  write_counter(text, "glucoledger_tls_handshakes_failed_total", "TLS handshakes that came to nothing.",
                handshakes_failed);
  write_gauge(text, "glucoledger_proofs_of_work", "Proofs of work that wait or are done now.", proofs_of_work);
  write_gauge(text, "glucoledger_event_streams", "Streams of events open now.", event_streams);
  write_gauge(text, "glucoledger_request_memory_bytes", "Bodies and answers held now.", memory_size);
}

}  // namespace glucoledger::node
