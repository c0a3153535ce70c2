// bench NAME: how fast this machine does the work that a message costs. See bench/README.md, also for the peers.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "apps/command.h"
#include "base/interrupt.h"
#include "crypto/curl.h"
#include "crypto/kerl.h"
#include "crypto/links.h"
#include "crypto/proof_of_work.h"
#include "crypto/simd/kernel.h"
#include "mam/mam.h"

namespace glucoledger::apps {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRecordBytes = 857;  // the paper's stripped record
constexpr std::string_view kExamples =
    "Examples:\n"
    "  glucoledger bench pow --threads 2\n"
    "  glucoledger bench mam --kernel portable --json\n"
    "pow: hashes a second of the proof of work, and how long one takes. mam: a message of 857 bytes at security 2,\n"
    "created and opened. curl: single hashes. Times are the best of many, but for pow, which runs for --seconds.\n";

struct BenchOptions {
  std::string name;
  std::string kernel;
  int threads = 1;
  double seconds = 2;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The shortest of `runs`, each the mean of `repetitions`.
template <class Function>
double best_seconds(int runs, int repetitions, Function function) {
  double best = INFINITY;
  for (int run = 0; run < runs && !base::interrupted(); ++run) {
    const auto start = Clock::now();
    for (int i = 0; i < repetitions; ++i) function();
    best = std::min(best, seconds_since(start) / repetitions);
  }
  return best;
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

void print_figures(const Context& context, const nlohmann::ordered_json& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items()) {
    std::array<char, 80> line;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_number_float()) {
      std::snprintf(line.data(), line.size(), "%-24s %14.4f\n", name.c_str(), value.get<double>());
    } else {
      std::snprintf(line.data(), line.size(), "%-24s %14s\n", name.c_str(), shown.c_str());
    }
    text += line.data();
  }
  print_result(context, figures, text);
}

// A search that finds nothing, for as long as it was asked for.
Result<nlohmann::ordered_json> bench_pow(const BenchOptions& options) {
  std::atomic<bool> cancel{false};
  Clock::time_point begin;
  std::uint64_t hashes_before = 0;
  double hashes_per_second = 0;
  crypto::ProofOfWorkOptions search;
  search.min_weight_magnitude = static_cast<int>(crypto::kHashTrits);
  search.threads = options.threads;
  search.cancel = &cancel;
  search.report = [&](std::uint64_t hashes) {
    if (hashes_before == 0) {
      begin = Clock::now();
      hashes_before = hashes;
      return;
    }
    const double elapsed = seconds_since(begin);
    hashes_per_second = static_cast<double>(hashes - hashes_before) / elapsed;
    if (elapsed >= options.seconds || base::interrupted()) cancel = true;
  };
  static_cast<void>(crypto::find_nonce(example_trits(crypto::kTransactionTrits), search));
  nlohmann::ordered_json figures = {{"kernel", crypto::simd::kernel().name},
                                    {"threads", options.threads},
                                    {"hashes_per_second", std::round(hashes_per_second)}};
  for (const int magnitude : {9, 14}) {
    figures["mwm" + std::to_string(magnitude) + "_expected_ms"] = std::pow(3.0, magnitude) / hashes_per_second * 1e3;
  }
  return figures;
}

Result<nlohmann::ordered_json> bench_mam(const BenchOptions&) {
  constexpr int kRuns = 200;
  constexpr std::size_t kBatch = 50;
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  GL_TRY(message, crypto::trytes_from_ascii(std::string(kRecordBytes, 'x')));
  GL_TRY(created, mam::create(channel, 0, message));
  const auto create = [&] { static_cast<void>(mam::create(channel, 0, message)); };
  const auto open = [&] {
    static_cast<void>(mam::open(created.payload, created.root, channel.mode, channel.side_key));
  };
  mam::ChannelCursor cursor(channel, 0);
  const auto create_next = [&] { static_cast<void>(cursor.create(message)); };
  create_next();
  const auto create_batch = [&] {
    mam::ChannelCursor batch(channel, 0);
    batch.expect(kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) static_cast<void>(batch.create(message));
  };
  return nlohmann::ordered_json{{"kernel", crypto::simd::kernel().name},
                                {"record_bytes", kRecordBytes},
                                {"security", channel.security},
                                {"payload_trytes", created.payload.size()},
                                {"create_ms", best_seconds(kRuns, 1, create) * 1e3},
                                {"create_next_ms", best_seconds(kRuns, 1, create_next) * 1e3},
                                {"create_in_batch_ms", best_seconds(10, 1, create_batch) / kBatch * 1e3},
                                {"open_ms", best_seconds(kRuns, 1, open) * 1e3}};
}

Result<nlohmann::ordered_json> bench_curl(const BenchOptions&) {
  constexpr std::size_t kLinks = 512;
  const auto trits = example_trits(crypto::kTransactionTrits);
  const auto input = crypto::TritView(trits).first(crypto::kHashTrits);
  crypto::Curl p27(crypto::CurlRounds::kP27);
  crypto::Curl p81(crypto::CurlRounds::kP81);
  std::vector<crypto::Link> links(kLinks, crypto::pack_link(input));
  return nlohmann::ordered_json{
      {"kernel", crypto::simd::kernel().name},
      {"p27_us", best_seconds(50, 200, [&] { p27.absorb(input); }) * 1e6},
      {"p81_us", best_seconds(50, 200, [&] { p81.absorb(input); }) * 1e6},
      {"p27_of_512_us", best_seconds(50, 4, [&] { crypto::hash_links(links); }) / kLinks * 1e6},
      {"transaction_us",
       best_seconds(50, 10, [&] { static_cast<void>(crypto::curl_hash(crypto::CurlRounds::kP81, trits)); }) * 1e6},
      {"kerl_us", best_seconds(50, 50, [&] { static_cast<void>(crypto::kerl_hash(input)); }) * 1e6}};
}

Result<ExitCode> bench(const Context& context, const BenchOptions& options) {
  if (!options.kernel.empty() && !crypto::simd::use_kernel(options.kernel)) {
    return fail(ErrorCode::kUsage, "this machine has no kernel " + options.kernel);
  }
  const auto run = options.name == "pow" ? bench_pow : options.name == "mam" ? bench_mam : bench_curl;
  GL_TRY(figures, run(options));
  print_figures(context, figures);
  return ExitCode::kDone;
}

}  // namespace

void add_bench_commands(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure the cryptography on this machine");
  command->footer(std::string(kExamples));
  auto options = std::make_shared<BenchOptions>();
  command->add_option("NAME", options->name, "pow, mam or curl")
      ->required()
      ->check(CLI::IsMember({"pow", "mam", "curl"}));
  command->add_option("--kernel", options->kernel, "portable, avx2 or avx512 (default: the best one)");
  command->add_option("--threads", options->threads, "Threads of pow (default: 1)")->check(CLI::Range(1, 1024));
  command->add_option("--seconds", options->seconds, "How long pow runs (default: 2)")->check(CLI::Range(0.1, 600.0));
  command->callback([&context, options] { context.run = [&context, options] { return bench(context, *options); }; });
}

}  // namespace glucoledger::apps
