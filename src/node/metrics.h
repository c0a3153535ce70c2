// What a node counts, in the text that Prometheus reads. Lock-free; a figure that is read while it changes is a moment
// old. Labels are few and fixed: nothing that came from outside becomes one.
// Source: the Prometheus text format, version 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/iri_request.h"

namespace glucoledger::node {

class Histogram {
 public:
  void observe(std::chrono::nanoseconds elapsed);
  std::uint64_t count() const;
  // NAME_bucket, NAME_sum and NAME_count; `labels` as in `command="getTips"`.
  void write(std::string& text, std::string_view name, std::string_view labels) const;

 private:
  static constexpr std::size_t kBuckets = 15;
  static const std::array<double, kBuckets> kBoundsS;
  std::array<std::atomic<std::uint64_t>, kBuckets + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_ = 0;
};

class Metrics {
 public:
  void count_request(IriCommand command, unsigned status, std::chrono::nanoseconds elapsed);
  void count_commit(std::uint64_t transactions, std::chrono::nanoseconds duration);
  // A request that was refused without having been done as a command.
  void count_refusal(unsigned status);
  void write(std::string& text) const;

  std::atomic<std::uint64_t> connections = 0;  // open now
  std::atomic<std::uint64_t> connections_turned_away = 0;
  std::atomic<std::uint64_t> connections_timed_out = 0;
  std::atomic<std::uint64_t> handshakes_failed = 0;
  std::atomic<std::uint64_t> proofs_of_work = 0;  // running or waiting now
  std::atomic<std::uint64_t> event_streams = 0;   // open now
  std::atomic<std::uint64_t> memory_size = 0;     // bodies and answers held now

 private:
  enum class Outcome { kAnswered, kRefused, kFailed };
  void write_commands(std::string& text) const;
  static constexpr std::array<unsigned, 8> kRefusals = {400, 401, 403, 405, 413, 431, 500, 503};
  std::array<Histogram, kIriCommandCount> latencies_;
  std::array<std::array<std::atomic<std::uint64_t>, 3>, kIriCommandCount> outcomes_{};
  std::array<std::atomic<std::uint64_t>, kRefusals.size() + 1> refused_{};  // the last: others
  Histogram commits_;
  std::atomic<std::uint64_t> committed_transactions_ = 0;
};

// Lines of the text format: "# HELP", "# TYPE", then the value.
void write_gauge(std::string& text, std::string_view name, std::string_view help, std::uint64_t value);
void write_counter(std::string& text, std::string_view name, std::string_view help, std::uint64_t value);

}  // namespace glucoledger::node
