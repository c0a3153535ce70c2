#include "http/metrics.h"

#include <algorithm>
#include <cstdio>

namespace glucoledger::http {
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

constexpr const char* kHistogramType = "histogram";

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

Metrics::Sample& Metrics::sample(std::string_view name, const char* type, std::string_view help,
                                 std::string_view labels, Zero zero) {
  const base::MutexLock lock(mutex_);
  auto family = std::find_if(families_.begin(), families_.end(), [&](const Family& one) { return one.name == name; });
  if (family == families_.end()) {
    family = families_.emplace(families_.end());
    family->name = name;
    family->type = type;
    family->help = help;
    family->zero = zero;
  }
  for (Sample& one : family->samples) {
    if (one.labels == labels) return one;
  }
  family->samples.emplace_back();
  family->samples.back().labels = labels;
  return family->samples.back();
}

Figure& Metrics::counter(std::string_view name, std::string_view help, std::string_view labels, Zero zero) {
  return sample(name, "counter", help, labels, zero).figure;
}
Figure& Metrics::gauge(std::string_view name, std::string_view help, std::string_view labels) {
  return sample(name, "gauge", help, labels, Zero::kWritten).figure;
}
Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::string_view labels, Zero zero) {
  return sample(name, kHistogramType, help, labels, zero).histogram;
}

void Metrics::add_source(std::function<void(std::string& text)> source) {
  const base::MutexLock lock(mutex_);
  sources_.push_back(std::move(source));
}

void Metrics::write(std::string& text) const {
  const base::MutexLock lock(mutex_);
  for (const Family& family : families_) {
    const bool is_histogram = family.type == kHistogramType;
    write_head(text, family.name, family.type, family.help);
    for (const Sample& one : family.samples) {
      const std::uint64_t value = is_histogram ? one.histogram.count() : one.figure.load();
      if (value == 0 && family.zero == Zero::kLeftOut) continue;
      if (is_histogram) {
        one.histogram.write(text, family.name, one.labels);
      } else {
        write_value(text, family.name, one.labels, std::to_string(value));
      }
    }
  }
  for (const auto& source : sources_) source(text);
}

std::uint64_t Metrics::value(std::string_view name, std::string_view labels) const {
  const base::MutexLock lock(mutex_);
  for (const Family& family : families_) {
    if (family.name != name) continue;
    for (const Sample& one : family.samples) {
      if (one.labels == labels) return one.figure.load();
    }
  }
  return 0;
}

void write_gauge(std::string& text, std::string_view name, std::string_view help, std::uint64_t value) {
  write_head(text, name, "gauge", help);
  write_value(text, name, "", std::to_string(value));
}

}  // namespace glucoledger::http
