// bench NAME: how fast this machine does what the program does. A file a topic: bench_*.cpp.
#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "apps/bench.h"
#include "base/file.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::apps {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  glucoledger bench pow --threads 2\n"
    "  glucoledger bench mam --kernel portable --json\n"
    "  glucoledger bench attach --mwm 14 --runs 300\n"
    "Short work is told by the best of many runs, work in which chance decides by mean and standard deviation.\n";

void print_figures(const Context& context, const Figures& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items()) {
    std::array<char, 120> line;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_number_float()) {
      std::snprintf(line.data(), line.size(), "%-34s %14.4f\n", name.c_str(), value.get<double>());
    } else {
      std::snprintf(line.data(), line.size(), "%-34s %14s\n", name.c_str(), shown.c_str());
    }
    text += line.data();
  }
  print_result(context, figures, text);
}

// A line of /proc/self/status in KiB; 0 where there is none.
double memory_kib(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtod(line.c_str() + name.size(), nullptr);
  }
  return 0;
}

}  // namespace

Benches::Benches(CLI::App& command, Context& context)
    : command_(command), context_(context), kernel_(std::make_shared<std::string>()) {
  command_.add_option("--kernel", *kernel_, "portable, avx2 or avx512 (default: the best one)");
}

CLI::App& Benches::add(const std::string& name, const std::string& description, std::function<Result<Figures>()> work) {
  auto* command = command_.add_subcommand(name, description);
  command->callback([&context = context_, kernel = kernel_, work = std::move(work)] {
    context.run = [&context, kernel, work]() -> Result<ExitCode> {
      if (!kernel->empty() && !crypto::simd::use_kernel(*kernel)) {
        return fail(ErrorCode::kUsage, "this machine has no kernel " + *kernel);
      }
      GL_TRY(figures, work());
      if (base::interrupted()) return fail(ErrorCode::kInterrupted, "stopped");
      print_figures(context, figures);
      return ExitCode::kDone;
    };
  });
  return *command;
}

double seconds_since(BenchClock::time_point start) {
  return std::chrono::duration<double>(BenchClock::now() - start).count();
}

double cpu_seconds(int of) {
  rusage usage{};
  ::getrusage(of, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Sample::add(double value) {
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

void add_bench_commands(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure what the program does, on this machine");
  command->footer(std::string(kExamples));
  command->require_subcommand(1);
  Benches benches(*command, context);
  add_bench_curl(benches);
  add_bench_mam(benches);
  add_bench_pow(benches);
  add_bench_attach(benches);
  add_bench_day(benches);
  add_bench_quarter(benches);
  add_bench_node_commands(*command, context);
  add_bench_follow(benches);
  add_bench_ledger(benches);
}

}  // namespace glucoledger::apps
