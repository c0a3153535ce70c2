// bench node URL: puts load on a node that speaks the IRI HTTP API, ours or another, and tells throughput and latency.
// bench fill FOLDER: a large ledger, for measuring how a node does over it (bench/large.mjs).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>

#include "apps/bench.h"
#include "apps/bench_node_requests.h"
#include "base/file.h"
#include "storage/tangle.h"

namespace glucoledger::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kExamples =
    "Examples:\n"
    "  glucoledger bench node http://127.0.0.1:14265 --batch 100            # goal: 20,000 transactions a second\n"
    "  glucoledger bench node http://127.0.0.1:14265 --batch 1              # goal: 10,000 a second, or 60 % of\n"
    "                                                                       # connections / fsync, whichever is less\n"
    "  glucoledger bench node http://127.0.0.1:14265 --mix find --batch 1   # goal: p99 of 1 ms, so for trytes, "
    "approve\n"
    "Transactions are made before the clock starts. It stops after --seconds or --transactions, whichever is first.\n"
    "--mix mixed: of ten requests four store, two ask for tips, two find by address, two get trytes.\n";

constexpr double kMadePerSecond = 25'000;  // transactions for a second of storing, when only seconds are told
constexpr std::size_t kMakeAtOnce = 1'000;
constexpr std::uint64_t kPerMilestone = 20'000;

struct Arguments {
  std::string url;
  std::size_t connections = 8;
  std::size_t batch = 100;
  std::string mix = "store";
  double seconds = 5;
  std::size_t transactions = 0;
  std::optional<int> min_weight_magnitude;
  std::uint64_t filled = 0;
  std::string fsync_folder;
};

struct FillArguments {
  std::string folder;
  std::uint64_t transactions = 0;
};

// What one durable write costs here, in ms: the median of appending 4 KiB and waiting until the disk has it.
Result<double> fsync_ms(const std::filesystem::path& folder) {
  constexpr int kRuns = 100;
  std::string name = (folder / "glucoledger-fsync-XXXXXX").string();
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return tl::unexpected(base::system_error("cannot write in the folder of --fsync-folder"));
  unlink(name.c_str());
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = BenchClock::now();
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) break;
    times.push_back(seconds_since(start) * 1e3);
  }
  close(file);
  if (times.size() < kRuns) return fail(ErrorCode::kFailed, "cannot write in the folder of --fsync-folder");
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

double rounded(double value) {
  return std::round(value * 1e3) / 1e3;
}

// Of sorted times in us, in ms: the least that the share of them does not exceed.
double percentile_ms(const std::vector<std::uint32_t>& sorted_us, double share) {
  if (sorted_us.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted_us.size())));
  return static_cast<double>(sorted_us[std::clamp<std::size_t>(rank, 1, sorted_us.size()) - 1]) / 1e3;
}

Json figures_of(const KindFigures& kind, double seconds) {
  const auto& times = kind.latency_us;
  return {{"requests", times.size()},
          {"errors", kind.errors},
          {"requests_per_second", std::round(static_cast<double>(times.size()) / seconds)},
          {"p50_ms", percentile_ms(times, 0.5)},
          {"p90_ms", percentile_ms(times, 0.9)},
          {"p99_ms", percentile_ms(times, 0.99)},
          {"p99_9_ms", percentile_ms(times, 0.999)},
          {"max_ms", percentile_ms(times, 1)}};
}

Json report_of(const Arguments& arguments, const LoadFigures& load, double sync_ms) {
  Json report = {{"connections", arguments.connections},
                 {"batch", arguments.batch},
                 {"mix", arguments.mix},
                 {"seconds", rounded(load.seconds)},
                 {"fsync_ms", rounded(sync_ms)}};
  std::size_t requests = 0;
  for (const auto& kind : load.kinds) requests += kind.latency_us.size();
  report["requests_per_second"] = std::round(static_cast<double>(requests) / load.seconds);
  const std::size_t stored = load.kinds[kStore].latency_us.size() * arguments.batch;
  if (stored > 0) report["transactions_per_second"] = std::round(static_cast<double>(stored) / load.seconds);
  if (arguments.mix == "store" && arguments.batch == 1) {
    const double bound = 0.6 * static_cast<double>(arguments.connections) / sync_ms * 1e3;
    report["goal_per_second"] = std::round(std::min(10'000.0, bound));
  }
  report["own_cpu_share"] = rounded(load.cpu_seconds / load.seconds);
  report["commands"] = Json::object();
  for (std::size_t i = 0; i < kNodeCommandNames.size(); ++i) {
    const auto& kind = load.kinds[i];
    if (!kind.latency_us.empty() || kind.errors > 0) {
      report["commands"][std::string(kNodeCommandNames[i])] = figures_of(kind, load.seconds);
    }
  }
  if (!load.first_error.empty()) report["first_error"] = load.first_error;
  return report;
}

std::string table_of(const Json& report) {
  std::array<char, 200> line;
  std::string text;
  for (const auto& [name, value] : report.items()) {
    if (value.is_object()) continue;
    text += name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') +
            (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  text +=
      "\ncommand                    requests  errors        /s       p50       p90       p99     p99.9       max ms\n";
  for (const auto& [name, figures] : report["commands"].items()) {
    std::snprintf(line.data(), line.size(), "%-24s %10zu %7zu %9.0f %9.3f %9.3f %9.3f %9.3f %9.3f\n", name.c_str(),
                  figures["requests"].get<std::size_t>(), figures["errors"].get<std::size_t>(),
                  figures["requests_per_second"].get<double>(), figures["p50_ms"].get<double>(),
                  figures["p90_ms"].get<double>(), figures["p99_ms"].get<double>(), figures["p99_9_ms"].get<double>(),
                  figures["max_ms"].get<double>());
    text += line.data();
  }
  return text;
}

// So many bundles as the run may need, each request full.
std::size_t transactions_wanted(const Arguments& arguments) {
  if (arguments.mix != "store" && arguments.mix != "mixed") return 0;
  const std::size_t wanted = arguments.transactions > 0 ? arguments.transactions
                                                        : static_cast<std::size_t>(arguments.seconds * kMadePerSecond);
  return (wanted + arguments.batch - 1) / arguments.batch * arguments.batch;
}

// Everything that is sent, ready before the clock starts.
Result<NodeRequests> prepare(const Arguments& arguments, const http::Endpoint& endpoint) {
  AskedNode node(endpoint);
  SeriesOptions options;
  options.series = std::random_device{}() + kFillSeries + 1;
  GL_ASSIGN(options.min_weight_magnitude, node.min_weight_magnitude());
  if (arguments.min_weight_magnitude) options.min_weight_magnitude = *arguments.min_weight_magnitude;
  options.window = std::max(kMakeAtOnce, 2 * arguments.connections * arguments.batch);
  GL_ASSIGN(options.tips, node.tips());
  TransactionSeries series(options);

  const base::SystemClock clock;
  NodeRequests requests(arguments.mix, arguments.batch);
  if (arguments.mix != "store" && arguments.mix != "approve") {
    ReadSample sample;
    if (arguments.filled > 0) {
      GL_ASSIGN(sample, node.sample_filled(arguments.filled));
    } else {
      GL_ASSIGN(sample, node.sample_behind_tips());
    }
    if (sample.hashes.empty()) {
      GL_TRY(first, series.next(kMakeAtOnce, clock.now_ms()));
      GL_ASSIGN(sample, node.sample_stored(first));
    }
    requests.add_reads(sample);
  }
  const std::size_t wanted = transactions_wanted(arguments);
  const auto progress = terminal_progress();
  while (requests.transactions() < wanted) {
    GL_TRY(made, series.next(std::min(kMakeAtOnce, wanted - requests.transactions()), clock.now_ms()));
    requests.add(made);
    base::report(progress, "making transactions", requests.transactions(), wanted);
  }
  return requests;
}

Result<ExitCode> bench_node(const Context& context, const Arguments& arguments) {
  GL_TRY(endpoint, http::parse_endpoint(arguments.url));
  if (endpoint.is_tls) return fail(ErrorCode::kUsage, "the load is put on a node by plain http only");
  GL_TRY(sync_ms, fsync_ms(arguments.fsync_folder.empty() ? std::filesystem::temp_directory_path()
                                                          : std::filesystem::path(arguments.fsync_folder)));
  GL_TRY(requests, prepare(arguments, endpoint));
  LoadOptions options;
  options.endpoint = endpoint;
  options.connections = arguments.connections;
  options.kinds = kNodeCommandCount;
  options.seconds_max = arguments.seconds;
  GL_TRY(load, run_load(options, [&requests] { return requests.next(); }));
  const Json report = report_of(arguments, load, sync_ms);
  print_result(context, report, table_of(report));
  std::uint64_t errors = 0;
  for (const auto& kind : load.kinds) errors += kind.errors;
  return errors == 0 ? ExitCode::kDone : ExitCode::kFailed;
}

// A ledger that is filled in process, as fast as it takes them.
Result<ExitCode> bench_fill(const Context& context, const FillArguments& arguments) {
  const base::SystemClock clock;
  storage::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = 1;
  GL_TRY(tangle, storage::Tangle::open(arguments.folder, tangle_options, clock));
  GL_TRY(there, tangle->transaction_count());
  if (there > 0) return fail(ErrorCode::kUsage, "the folder holds transactions already", "name a new folder");
  SeriesOptions options;
  options.series = kFillSeries;
  TransactionSeries series(options);
  const auto progress = terminal_progress();
  const auto start = BenchClock::now();
  for (std::uint64_t done = 0; done < arguments.transactions;) {
    const auto count = std::min<std::uint64_t>(kMakeAtOnce, arguments.transactions - done);
    GL_TRY(made, series.next(count, clock.now_ms()));
    GL_CHECK(tangle->submit_without_milestone(made));
    done += count;
    if (done % kPerMilestone == 0 || done == arguments.transactions) GL_CHECK(tangle->issue_milestone());
    base::report(progress, "filling", done, arguments.transactions);
  }
  const double seconds = seconds_since(start);
  GL_TRY(count, tangle->transaction_count());
  print_result(context, {{"transactions", count}, {"seconds", rounded(seconds)}},
               count_of(count, "transaction") + " in " + std::to_string(static_cast<int>(seconds)) + " s");
  return ExitCode::kDone;
}

}  // namespace

void add_bench_node_commands(CLI::App& bench, Context& context) {
  auto* node = bench.add_subcommand("node", "Put load on a node that speaks the IRI API: throughput and latencies");
  node->footer(std::string(kExamples));
  auto arguments = std::make_shared<Arguments>();
  node->add_option("URL", arguments->url, "The node, http://host:port")->required();
  node->add_option("--connections", arguments->connections, "Each with one request under way")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  node->add_option("--batch", arguments->batch, "Transactions, addresses or hashes a request")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  node->add_option("--mix", arguments->mix, "What is asked: store, approve, trytes, find or mixed")
      ->check(CLI::IsMember({"store", "approve", "trytes", "find", "mixed"}))
      ->capture_default_str();
  node->add_option("--seconds", arguments->seconds, "How long")->check(CLI::Range(0.1, 3'600.0))->capture_default_str();
  node->add_option("--transactions", arguments->transactions,
                   "How many to store at most (default: 25,000 for each second; 2.7 KB of memory each)");
  node->add_option("--mwm", arguments->min_weight_magnitude, "Proof of work (default: what the node tells, else 14)")
      ->check(CLI::Range(0, 14));
  node->add_option("--filled", arguments->filled,
                   "The node serves a ledger of `bench fill` with so many transactions: read all over it, not only\n"
                   "behind the tips");
  node->add_option("--fsync-folder", arguments->fsync_folder,
                   "Where to measure the disk: the node's (default: the folder for temporary files)");
  run_when_chosen(*node, context, arguments, bench_node);

  auto* fill = bench.add_subcommand("fill", "Make a large ledger of minimum weight magnitude 1, for measuring");
  auto fill_arguments = std::make_shared<FillArguments>();
  fill->add_option("FOLDER", fill_arguments->folder, "A new folder")->required();
  fill->add_option("--transactions", fill_arguments->transactions, "How many")->required()->check(CLI::PositiveNumber);
  run_when_chosen(*fill, context, fill_arguments, bench_fill);
}

}  // namespace glucoledger::apps
