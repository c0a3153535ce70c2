#include "bench/measure.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/file.h"

namespace glucoledger::bench {
namespace {

// A line of /proc/self/status in KiB; 0 where there is none.
double memory_kib(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtod(line.c_str() + name.size(), nullptr);
  }
  return 0;
}

}  // namespace

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double cpu_seconds(int of) {
  rusage usage{};
  ::getrusage(of, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double thousandths(double value) {
  return std::round(value * 1e3) / 1e3;
}

void Spread::add(double value) {
  ++count_;
  const double difference = value - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (value - mean_);
}

double peak_memory_kib(const std::function<void()>& work) {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
  const double before = memory_kib("VmRSS:");
  work();
  return std::max(0.0, memory_kib("VmHWM:") - before);
}

crypto::ProofOfWorkOptions proof_of_work(int min_weight_magnitude, int threads, const base::CancelToken& cancel) {
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  options.threads = threads;
  options.cancel = cancel;
  return options;
}

crypto::Trits example_trits(std::size_t count) {
  crypto::Trits trits(count);
  std::uint32_t random = 1;
  for (auto& trit : trits) {
    random = random * 1664525 + 1013904223;
    trit = static_cast<crypto::Trit>(static_cast<int>((random >> 16) % 3) - 1);
  }
  return trits;
}

Result<ScratchFolder> ScratchFolder::make(const std::filesystem::path& parent) {
  std::string name = ((parent.empty() ? std::filesystem::temp_directory_path() : parent) / "glucoledger-bench-XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) return tl::unexpected(base::system_error("a folder for the bench"));
  return ScratchFolder(name);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace glucoledger::bench
