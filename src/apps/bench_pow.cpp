// bench pow: hashes a second of the search for a nonce, and how long a proof of work takes.
#include <atomic>

#include "apps/bench.h"
#include "base/limits.h"
#include "crypto/proof_of_work.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::apps {
namespace {

struct PowArguments {
  int threads = 1;
  double seconds = 2;
  std::size_t runs = 0;
  int min_weight_magnitude = 14;
};

constexpr double kWindowSeconds = 0.25;

// The best quarter of a second of a search that finds nothing: other processes of the machine steal from the rest.
double search_for(double seconds, int threads) {
  std::atomic<bool> cancel{false};
  const auto begin = BenchClock::now();
  auto window_begin = begin;
  std::uint64_t hashes_before = 0;
  double best = 0;
  crypto::ProofOfWorkOptions search;
  search.min_weight_magnitude = static_cast<int>(crypto::kHashTrits);
  search.threads = threads;
  search.cancel = &cancel;
  search.report = [&](std::uint64_t hashes) {
    const double elapsed = seconds_since(window_begin);
    if (elapsed < std::min(kWindowSeconds, seconds)) return;
    best = std::max(best, static_cast<double>(hashes - hashes_before) / elapsed);
    hashes_before = hashes;
    window_begin = BenchClock::now();
    if (seconds_since(begin) >= seconds || base::interrupted()) cancel = true;
  };
  static_cast<void>(crypto::find_nonce(example_trits(crypto::kTransactionTrits), search));
  return best;
}

// Searches that end: each over another transaction.
Sample search_times_ms(const PowArguments& arguments) {
  auto transaction = example_trits(crypto::kTransactionTrits);
  crypto::ProofOfWorkOptions search;
  search.min_weight_magnitude = arguments.min_weight_magnitude;
  search.threads = arguments.threads;
  search.cancel = &base::interrupt_flag();
  Sample sample;
  for (std::size_t run = 0; run < arguments.runs && !base::interrupted(); ++run) {
    crypto::encode_integer(static_cast<std::int64_t>(run), std::span(transaction).first(crypto::kNonceTrits));
    const auto start = BenchClock::now();
    static_cast<void>(crypto::find_nonce(transaction, search));
    sample.add(seconds_since(start) * 1e3);
  }
  return sample;
}

Result<Figures> bench_pow(const PowArguments& arguments) {
  Figures figures = {{"kernel", crypto::simd::kernel().name}, {"threads", arguments.threads}};
  const double memory_kib = peak_memory_kib([&] { search_for(0.05, arguments.threads); });
  double rate = 0;
  double one_thread_rate = 0;
  if (arguments.threads == 1) {
    rate = search_for(arguments.seconds, 1);
  } else {  // turn and turn about, so that both see the same machine
    constexpr int kTurns = 4;
    for (int turn = 0; turn < kTurns && !base::interrupted(); ++turn) {
      one_thread_rate = std::max(one_thread_rate, search_for(arguments.seconds / kTurns, 1));
      rate = std::max(rate, search_for(arguments.seconds / kTurns, arguments.threads));
    }
  }
  figures["hashes_per_second"] = std::round(rate);
  if (arguments.threads > 1) {
    figures["one_thread_hashes_per_second"] = std::round(one_thread_rate);
    figures["times_one_thread"] = rate / one_thread_rate;
  }
  for (const int magnitude : {9, 14}) {
    figures["mwm" + std::to_string(magnitude) + "_expected_ms"] = std::pow(3.0, magnitude) / rate * 1e3;
  }
  if (arguments.runs > 0) {
    const auto sample = search_times_ms(arguments);
    figures["runs"] = sample.count();
    figures["runs_mwm"] = arguments.min_weight_magnitude;
    figures["run_mean_ms"] = sample.mean();
    figures["run_sd_ms"] = sample.deviation();
  }
  figures["memory_kib_per_thread"] = memory_kib / arguments.threads;
  return figures;
}

}  // namespace

void add_bench_pow(Benches& benches) {
  auto arguments = std::make_shared<PowArguments>();
  auto& command = benches.add("pow", "Hashes a second of the proof of work, and how long one takes",
                              [arguments] { return bench_pow(*arguments); });
  command.add_option("--threads", arguments->threads, "Threads of a search; with more than one also their gain")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--seconds", arguments->seconds, "How long to search in vain")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command.add_option("--runs", arguments->runs, "Proofs of work to find, for mean and standard deviation")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command.add_option("--mwm", arguments->min_weight_magnitude, "Their minimum weight magnitude")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax))
      ->capture_default_str();
}

}  // namespace glucoledger::apps
