// bench node URL: puts load on a node that speaks the IRI HTTP API, ours or another, and tells throughput and latency.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>

#include "base/file.h"
#include "bench/benches.h"
#include "bench/measure.h"
#include "bench/node_requests.h"

namespace glucoledger::bench {
namespace {

constexpr double kMadePerSecond = 25'000;  // transactions for a second of storing, when only seconds are told
constexpr std::size_t kMakeAtOnce = 1'000;

// What one durable write costs here, in ms: the median of appending 4 KiB and waiting until the disk has it.
Result<double> fsync_ms(const std::filesystem::path& folder) {
  constexpr int kRuns = 100;
  std::string name = (folder / "glucoledger-fsync-XXXXXX").string();
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return tl::unexpected(base::system_error("the speed of the disk cannot be measured there"));
  unlink(name.c_str());
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Steady::now();
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) break;
    times.push_back(seconds_since(start) * 1e3);
  }
  close(file);
  if (times.size() < kRuns) return fail(ErrorCode::kFailed, "the speed of the disk cannot be measured there");
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// Of sorted times in us, in ms: the least that the share of them does not exceed.
double percentile_ms(const std::vector<std::uint32_t>& sorted_us, double share) {
  if (sorted_us.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted_us.size())));
  return static_cast<double>(sorted_us[std::clamp<std::size_t>(rank, 1, sorted_us.size()) - 1]) / 1e3;
}

Figures figures_of(const KindFigures& kind, double seconds) {
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

Figures report_of(const NodeOptions& options, const LoadFigures& load, double sync_ms) {
  Figures report = {{"connections", options.connections},
                    {"batch", options.batch},
                    {"mix", options.mix},
                    {"seconds", thousandths(load.seconds)},
                    {"fsync_ms", thousandths(sync_ms)}};
  std::size_t requests = 0;
  for (const auto& kind : load.kinds) requests += kind.latency_us.size();
  report["requests_per_second"] = std::round(static_cast<double>(requests) / load.seconds);
  const std::size_t stored = load.kinds[kStore].latency_us.size() * options.batch;
  if (stored > 0) report["transactions_per_second"] = std::round(static_cast<double>(stored) / load.seconds);
  if (options.mix == "store" && options.batch == 1) {
    const double bound = 0.6 * static_cast<double>(options.connections) / sync_ms * 1e3;
    report["goal_per_second"] = std::round(std::min(10'000.0, bound));
  }
  report["own_cpu_share"] = thousandths(load.cpu_seconds / load.seconds);
  report["commands"] = Figures::object();
  for (std::size_t i = 0; i < kNodeCommandNames.size(); ++i) {
    const auto& kind = load.kinds[i];
    if (!kind.latency_us.empty() || kind.errors > 0) {
      report["commands"][std::string(kNodeCommandNames[i])] = figures_of(kind, load.seconds);
    }
  }
  if (!load.first_error.empty()) report["first_error"] = load.first_error;
  return report;
}

// So many bundles as the run may need, each request full.
std::size_t transactions_wanted(const NodeOptions& options) {
  if (options.mix != "store" && options.mix != "mixed") return 0;
  const std::size_t wanted =
      options.transactions > 0 ? options.transactions : static_cast<std::size_t>(options.seconds * kMadePerSecond);
  return (wanted + options.batch - 1) / options.batch * options.batch;
}

// Everything that is sent, ready before the clock starts.
Result<NodeRequests> prepare(const NodeOptions& options, const locator::Endpoint& endpoint,
                             const base::Progress& progress, const base::CancelToken& cancel) {
  AskedNode node(endpoint);
  SeriesOptions made_as;
  made_as.series = std::random_device{}() + kFillSeries + 1;
  GL_ASSIGN(made_as.min_weight_magnitude, node.min_weight_magnitude());
  if (options.min_weight_magnitude) made_as.min_weight_magnitude = *options.min_weight_magnitude;
  made_as.window = std::max(kMakeAtOnce, 2 * options.connections * options.batch);
  GL_ASSIGN(made_as.tips, node.tips());
  TransactionSeries series(made_as, cancel);

  const base::SystemClock clock;
  NodeRequests requests(options.mix, options.batch);
  if (options.mix != "store" && options.mix != "approve") {
    KnownEntries known;
    if (options.filled > 0) {
      GL_ASSIGN(known, node.sample_filled(options.filled));
    } else {
      GL_ASSIGN(known, node.sample_behind_tips());
    }
    if (known.hashes.empty()) {
      GL_TRY(first, series.next(kMakeAtOnce, clock.now_ms()));
      GL_ASSIGN(known, node.sample_stored(first));
    }
    requests.add_reads(known);
  }
  const std::size_t wanted = transactions_wanted(options);
  while (requests.transactions() < wanted) {
    GL_TRY(made, series.next(std::min(kMakeAtOnce, wanted - requests.transactions()), clock.now_ms()));
    requests.add(made);
    base::report(progress, "making transactions", requests.transactions(), wanted);
  }
  return requests;
}

}  // namespace

std::string node_table_of(const Figures& figures) {
  std::array<char, 200> line;
  std::string text;
  for (const auto& [name, value] : figures.items()) {
    if (value.is_object()) continue;
    text += name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') +
            (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  text +=
      "\ncommand                    requests  errors        /s       p50       p90       p99     p99.9       max ms\n";
  for (const auto& [name, kind] : figures["commands"].items()) {
    std::snprintf(line.data(), line.size(), "%-24s %10zu %7zu %9.0f %9.3f %9.3f %9.3f %9.3f %9.3f\n", name.c_str(),
                  kind["requests"].get<std::size_t>(), kind["errors"].get<std::size_t>(),
                  kind["requests_per_second"].get<double>(), kind["p50_ms"].get<double>(), kind["p90_ms"].get<double>(),
                  kind["p99_ms"].get<double>(), kind["p99_9_ms"].get<double>(), kind["max_ms"].get<double>());
    text += line.data();
  }
  return text;
}

Result<NodeLoad> measure_node(const NodeOptions& options, const base::Progress& progress,
                              const base::CancelToken& cancel) {
  GL_TRY(endpoint, locator::parse_endpoint(options.url));
  if (endpoint.is_tls) return fail(ErrorCode::kUsage, "the load is put on a node by plain http only");
  GL_TRY(sync_ms, fsync_ms(options.fsync_folder.empty() ? std::filesystem::temp_directory_path()
                                                        : std::filesystem::path(options.fsync_folder)));
  GL_TRY(requests, prepare(options, endpoint, progress, cancel));
  LoadOptions load_options;
  load_options.endpoint = endpoint;
  load_options.connections = options.connections;
  load_options.kinds = kNodeCommandCount;
  load_options.seconds_max = options.seconds;
  GL_TRY(load, run_load(
                   load_options, [&requests] { return requests.next(); }, cancel));
  NodeLoad result;
  result.figures = report_of(options, load, sync_ms);
  for (const auto& kind : load.kinds) result.errors += kind.errors;
  return result;
}

}  // namespace glucoledger::bench
