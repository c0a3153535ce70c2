#include "node/metrics.h"

#include <cstdio>

namespace glucoledger::node {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

void write_type(std::string& text, std::string_view name, std::string_view type) {
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

void write_gauge(std::string& text, std::string_view name, std::uint64_t value) {
  write_type(text, name, "gauge");
  write_value(text, name, "", std::to_string(value));
}

void write_counter(std::string& text, std::string_view name, std::uint64_t value) {
  write_type(text, name, "counter");
  write_value(text, name, "", std::to_string(value));
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

void Metrics::write(std::string& text) const {
  static constexpr std::array<std::string_view, 3> kOutcomes = {"answered", "refused", "failed"};
  write_type(text, "glucoledger_requests_total", "counter");
  for (std::size_t command = 0; command < kIriCommandCount; ++command) {
    for (std::size_t outcome = 0; outcome < kOutcomes.size(); ++outcome) {
      const std::uint64_t count = outcomes_[command][outcome].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const std::string labels = command_label(command) + ",outcome=\"" + std::string(kOutcomes[outcome]) + "\"";
      write_value(text, "glucoledger_requests_total", labels, std::to_string(count));
    }
  }
  write_type(text, "glucoledger_request_seconds", "histogram");
  for (std::size_t command = 0; command < kIriCommandCount; ++command) {
    if (latencies_[command].count() == 0) continue;
    latencies_[command].write(text, "glucoledger_request_seconds", command_label(command));
  }
  write_type(text, "glucoledger_commit_seconds", "histogram");
  commits_.write(text, "glucoledger_commit_seconds", "");
  write_counter(text, "glucoledger_committed_transactions_total", committed_transactions_);
  write_counter(text, "glucoledger_requests_refused_total", refused_);
  write_gauge(text, "glucoledger_connections", connections);
  write_counter(text, "glucoledger_connections_turned_away_total", connections_turned_away);
  write_counter(text, "glucoledger_connections_timed_out_total", connections_timed_out);
  write_counter(text, "glucoledger_tls_handshakes_failed_total", handshakes_failed);
  write_gauge(text, "glucoledger_proofs_of_work", proofs_of_work);
  write_gauge(text, "glucoledger_event_streams", event_streams);
  write_gauge(text, "glucoledger_request_memory_bytes", memory_size);
}

}  // namespace glucoledger::node
