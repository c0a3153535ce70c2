// bench quarter: a quarter of readings is published to a node over loopback HTTP, and fetched and verified by a clinic.
//
// Real homes, real use cases; the node runs in this process. The paper needed 38.1 s to share a quarter in design B.
#include "apps/bench.h"
#include "apps/bench_delay_proxy.h"
#include "apps/bench_homes.h"
#include "base/limits.h"
#include "crypto/simd/kernel.h"
#include "node/node.h"

namespace glucoledger::apps {
namespace {

struct QuarterArguments {
  std::size_t readings = 13'536;  // the paper's: 94 days, one each ten minutes
  int minutes = 10;
  int min_weight_magnitude = 9;
  int round_trip_ms = 50;
  std::string design = "tangle";
};

struct FetchTimes {
  double wall_s = 0;
  double cpu_s = 0;  // the node's share included
};

// All of them arrive, or the figure means nothing.
Result<FetchTimes> timed_fetch(BenchHomes& homes, const std::string& name, const std::string& ledger,
                               const QuarterArguments& arguments) {
  GL_CHECK(homes.invite(name, ledger));
  const auto start = BenchClock::now();
  const double cpu_before = cpu_seconds();
  GL_TRY(report, homes.fetch(name));
  const FetchTimes times{seconds_since(start), cpu_seconds() - cpu_before};
  if (report.new_records == arguments.readings) return times;
  return fail(ErrorCode::kFailed, "only " + std::to_string(report.new_records) + " readings arrived");
}

Result<Figures> bench_quarter(const QuarterArguments& arguments) {
  const base::SystemClock clock;
  GL_TRY(scratch, ScratchFolder::make());
  node::NodeOptions options;
  options.folder = scratch.path() / "ledger";
  options.server.listen = "127.0.0.1:0";
  options.min_weight_magnitude = arguments.min_weight_magnitude;
  GL_TRY(node, node::Node::start(options, clock));
  GL_TRY(homes, BenchHomes::make(scratch.path(), node->url()));
  GL_CHECK(homes.add_readings(arguments.readings, arguments.minutes));

  Figures figures = {{"kernel", crypto::simd::kernel().name},
                     {"design", arguments.design},
                     {"readings", arguments.readings},
                     {"mwm", arguments.min_weight_magnitude}};
  usecases::PublishOptions publish;
  GL_ASSIGN(publish.design, keys::design_named(arguments.design));
  auto start = BenchClock::now();
  const double cpu_before = cpu_seconds();
  GL_CHECK(homes.publish(publish));
  figures["publish_s"] = seconds_since(start);
  figures["publish_cpu_s"] = cpu_seconds() - cpu_before;
  start = BenchClock::now();
  GL_CHECK(homes.share(publish.design));
  figures["share_s"] = seconds_since(start);
  GL_TRY(near, timed_fetch(homes, "near", node->url(), arguments));
  figures["fetch_s"] = near.wall_s;
  figures["fetch_cpu_s"] = near.cpu_s;
  if (arguments.round_trip_ms > 0) {
    const auto port = std::stoi(node->url().substr(node->url().rfind(':') + 1));
    GL_TRY(proxy, DelayProxy::start(static_cast<std::uint16_t>(port), arguments.round_trip_ms));
    figures["round_trip_ms"] = arguments.round_trip_ms;
    GL_TRY(far, timed_fetch(homes, "far", proxy->url(), arguments));
    figures["fetch_with_round_trip_s"] = far.wall_s;
  }
  return figures;
}

}  // namespace

void add_bench_quarter(Benches& benches) {
  auto arguments = std::make_shared<QuarterArguments>();
  auto& command = benches.add("quarter", "Publish a quarter of readings to a node, share, fetch and verify them",
                              [arguments] { return bench_quarter(*arguments); });
  command.add_option("--readings", arguments->readings, "13536: the paper's quarter; 26208: one at five minutes")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--minutes", arguments->minutes, "From one reading to the next")
      ->check(CLI::Range(1, 1'440))
      ->capture_default_str();
  command.add_option("--mwm", arguments->min_weight_magnitude, "Minimum weight magnitude")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax))
      ->capture_default_str();
  command.add_option("--design", arguments->design, "tangle or tangle-ipfs")
      ->check(CLI::IsMember({"tangle", "tangle-ipfs"}))
      ->capture_default_str();
  command
      .add_option("--round-trip", arguments->round_trip_ms, "Milliseconds that a second fetch is held up by; 0: none")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
}

}  // namespace glucoledger::apps
