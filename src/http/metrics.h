// What a server counts, in the text that Prometheus reads. Figures are registered once, by a name and what it means,
// and then counted without a lock; a figure that is read while it changes is a moment old. Labels are few and fixed:
// nothing that came from outside becomes one. Thread-safe.
// Source: the Prometheus text format, version 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::http {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

using Figure = std::atomic<std::uint64_t>;

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
  enum class Zero { kWritten, kLeftOut };  // what is not written while it counts nothing

  // The same name and labels give the same figure. They live as long as this.
  Figure& counter(std::string_view name, std::string_view help, std::string_view labels = {},
                  Zero zero = Zero::kWritten);
  Figure& gauge(std::string_view name, std::string_view help, std::string_view labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::string_view labels = {},
                       Zero zero = Zero::kWritten);
  // For figures that are looked up when they are asked for: adds lines of the text format.
  void add_source(std::function<void(std::string& text)> source);

  void write(std::string& text) const;
  // Of a counter or gauge; 0 where there is none.
  std::uint64_t value(std::string_view name, std::string_view labels = {}) const;

 private:
  struct Sample {
    std::string labels;
    Figure figure = 0;
    Histogram histogram;
  };
  struct Family {
    std::string name;
    std::string type;
    std::string help;
    Zero zero = Zero::kWritten;
    std::deque<Sample> samples;
  };
  Sample& sample(std::string_view name, const char* type, std::string_view help, std::string_view labels, Zero zero);

  mutable base::Mutex mutex_;
  std::deque<Family> families_ GUARDED_BY(mutex_);
  std::vector<std::function<void(std::string&)>> sources_ GUARDED_BY(mutex_);
};

// Lines of the text format for a source: "# HELP", "# TYPE", then the value.
void write_gauge(std::string& text, std::string_view name, std::string_view help, std::uint64_t value);

}  // namespace glucoledger::http
