// bench pow: hashes a second of the search for a nonce, and how long a proof of work takes.
#include <atomic>

#include "bench/benches.h"
#include "bench/measure.h"
#include "crypto/proof_of_work.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::bench {
namespace {

constexpr double kWindowSeconds = 0.25;

// The best quarter of a second of a search that finds nothing: other processes of the machine steal from the rest.
double search_for(double seconds, int threads, const base::CancelToken& cancel) {
  base::CancelSource done(cancel);
  const auto begin = Steady::now();
  auto window_begin = begin;
  std::uint64_t hashes_before = 0;
  double best = 0;
  crypto::ProofOfWorkOptions search;
  search.min_weight_magnitude = static_cast<int>(crypto::kHashTrits);
  search.threads = threads;
  search.cancel = done.token();
  search.report = [&](std::uint64_t hashes) {
    const double elapsed = seconds_since(window_begin);
    if (elapsed < std::min(kWindowSeconds, seconds)) return;
    best = std::max(best, static_cast<double>(hashes - hashes_before) / elapsed);
    hashes_before = hashes;
    window_begin = Steady::now();
    if (seconds_since(begin) >= seconds) done.trip();
  };
  static_cast<void>(crypto::find_nonce(example_trits(crypto::kTransactionTrits), search));
  return best;
}

// Searches that end: each over another transaction.
Spread search_times_ms(const PowOptions& options, const base::CancelToken& cancel) {
  auto transaction = example_trits(crypto::kTransactionTrits);
  const auto search = proof_of_work(options.min_weight_magnitude, options.threads, cancel);
  Spread times_ms;
  for (std::size_t run = 0; run < options.runs && !cancel.cancelled(); ++run) {
    crypto::encode_integer(static_cast<std::int64_t>(run), std::span(transaction).first(crypto::kNonceTrits));
    const auto start = Steady::now();
    static_cast<void>(crypto::find_nonce(transaction, search));
    times_ms.add(seconds_since(start) * 1e3);
  }
  return times_ms;
}

}  // namespace

Result<Figures> measure_pow(const PowOptions& options, const base::CancelToken& cancel) {
  Figures figures = {{"kernel", crypto::simd::kernel().name}, {"threads", options.threads}};
  const double memory_kib = peak_memory_kib([&] { search_for(0.05, options.threads, cancel); });
  double rate = 0;
  double one_thread_rate = 0;
  if (options.threads == 1) {
    rate = search_for(options.seconds, 1, cancel);
  } else {  // turn and turn about, so that both see the same machine
    constexpr int kTurns = 4;
    for (int turn = 0; turn < kTurns && !cancel.cancelled(); ++turn) {
      one_thread_rate = std::max(one_thread_rate, search_for(options.seconds / kTurns, 1, cancel));
      rate = std::max(rate, search_for(options.seconds / kTurns, options.threads, cancel));
    }
  }
  figures["hashes_per_second"] = std::round(rate);
  if (options.threads > 1) {
    figures["one_thread_hashes_per_second"] = std::round(one_thread_rate);
    figures["times_one_thread"] = rate / one_thread_rate;
  }
  for (const int magnitude : {9, 14}) {
    figures["mwm" + std::to_string(magnitude) + "_expected_ms"] = std::pow(3.0, magnitude) / rate * 1e3;
  }
  if (options.runs > 0) {
    const auto times_ms = search_times_ms(options, cancel);
    figures["runs"] = times_ms.count();
    figures["runs_mwm"] = options.min_weight_magnitude;
    figures["run_mean_ms"] = times_ms.mean();
    figures["run_sd_ms"] = times_ms.deviation();
  }
  figures["memory_kib_per_thread"] = memory_kib / options.threads;
  return figures;
}

}  // namespace glucoledger::bench
