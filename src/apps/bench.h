// What the benches share (bench_*.cpp, a file a topic): how they are wired, timed and printed. See bench/README.md.
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
#include <memory>
#include <string>

#include "apps/command.h"
#include "base/interrupt.h"
#include "crypto/trytes.h"

namespace glucoledger::apps {

inline constexpr std::size_t kBenchRecordBytes = 857;  // the paper's stripped record

using Figures = nlohmann::ordered_json;  // an object, printed in this order

// `glucoledger bench`, to which each topic adds its subcommand.
class Benches {
 public:
  Benches(CLI::App& command, Context& context);
  // `work` measures, on the kernel that --kernel forced, and its figures are printed.
  CLI::App& add(const std::string& name, const std::string& description, std::function<Result<Figures>()> work);

 private:
  CLI::App& command_;
  Context& context_;
  std::shared_ptr<std::string> kernel_;
};

void add_bench_curl(Benches& benches);
void add_bench_mam(Benches& benches);
void add_bench_pow(Benches& benches);
void add_bench_attach(Benches& benches);
void add_bench_day(Benches& benches);
void add_bench_quarter(Benches& benches);
// bench node, bench fill: not of this machine alone, so they are wired by themselves.
void add_bench_node_commands(CLI::App& bench, Context& context);
void add_bench_follow(Benches& benches);
void add_bench_ledger(Benches& benches);

using BenchClock = std::chrono::steady_clock;
double seconds_since(BenchClock::time_point start);
// User and system time of this process, all threads, or of the calling thread (RUSAGE_THREAD).
double cpu_seconds(int of = RUSAGE_SELF);

// The shortest of `runs`, each the mean of `repetitions`.
template <class Function>
double best_seconds(int runs, int repetitions, Function function) {
  double best = INFINITY;
  for (int run = 0; run < runs && !base::interrupted(); ++run) {
    const auto start = BenchClock::now();
    for (int i = 0; i < repetitions; ++i) function();
    best = std::min(best, seconds_since(start) / repetitions);
  }
  return best;
}

// Mean and standard deviation (of a sample) of what was added.
class Sample {
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

}  // namespace glucoledger::apps
