// What the benches share: how work is timed, and what is made of the times. See bench/README.md.
//
// A time is the shortest of many where the work is short and always the same, and a mean with its standard deviation
// where chance decides (proof of work). Names of figures end in their unit.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "base/cancel.h"
#include "base/result.h"
#include "crypto/proof_of_work.h"
#include "crypto/trytes.h"

namespace glucoledger::bench {

inline constexpr std::size_t kRecordBytes = 857;  // the paper's stripped record

using Steady = std::chrono::steady_clock;
double seconds_since(Steady::time_point start);
// User and system time of this process, all threads, or of the calling thread (RUSAGE_THREAD).
double cpu_seconds(int of = RUSAGE_SELF);

// The shortest of `runs`, each the mean of `repetitions`. Infinite when it was cancelled before the first.
template <class Function>
double best_seconds(int runs, int repetitions, const base::CancelToken& cancel, Function function) {
  double best = INFINITY;
  for (int run = 0; run < runs && !cancel.cancelled(); ++run) {
    const auto start = Steady::now();
    for (int i = 0; i < repetitions; ++i) function();
    best = std::min(best, seconds_since(start) / repetitions);
  }
  return best;
}

// Rounded to three decimals.
double thousandths(double value);

// Mean and standard deviation (of a sample) of what was added.
class Spread {
 public:
  void add(double value);
  std::size_t count() const { return count_; }
  double mean() const { return mean_; }
  double deviation() const { return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1)); }

 private:
  std::size_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // of the differences from the mean
};

// How far this process's memory rises above where it stands, in KiB, while `work` runs: free heap is given back before,
// so that using it again counts. Run `work` once before, or its code pages count too.
double peak_memory_kib(const std::function<void()>& work);

// A search that ends soon after `cancel` does.
crypto::ProofOfWorkOptions proof_of_work(int min_weight_magnitude, int threads, const base::CancelToken& cancel);

crypto::Trits example_trits(std::size_t count);

// A folder that is gone with the object, in the system's temporary one or in `parent`.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make(const std::filesystem::path& parent = {});
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace glucoledger::bench
