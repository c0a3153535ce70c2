// bench quarter: a quarter of readings is published to a node over loopback HTTP, and fetched and verified by a clinic.
//
// Real homes, real use cases; the node runs in this process. The paper needed 38.1 s to share a quarter in design B.
#include "bench/benches.h"
#include "bench/delay_proxy.h"
#include "bench/homes.h"
#include "bench/measure.h"
#include "crypto/simd/kernel.h"
#include "node/node.h"

namespace glucoledger::bench {
namespace {

struct FetchTimes {
  double wall_s = 0;
  double cpu_s = 0;  // the node's share included
};

// All of them arrive, or the figure means nothing.
Result<FetchTimes> timed_fetch(Homes& homes, const std::string& name, const std::string& ledger, std::size_t readings) {
  GL_CHECK(homes.invite(name, ledger));
  const auto start = Steady::now();
  const double cpu_before = cpu_seconds();
  GL_TRY(report, homes.fetch(name));
  const FetchTimes times{seconds_since(start), cpu_seconds() - cpu_before};
  if (report.new_records == readings) return times;
  return fail(ErrorCode::kFailed, "only " + std::to_string(report.new_records) + " readings arrived");
}

}  // namespace

Result<Figures> measure_quarter(const QuarterOptions& options, const ports::World& world) {
  GL_TRY(scratch, ScratchFolder::make());
  node::NodeOptions node_options;
  node_options.folder = scratch.path() / "ledger";
  node_options.server.listen = "127.0.0.1:0";
  node_options.min_weight_magnitude = options.min_weight_magnitude;
  GL_TRY(node, node::Node::start(node_options, world.clock));
  GL_TRY(homes, Homes::make(scratch.path(), node->url(), world));
  GL_CHECK(homes.add_readings(options.readings, options.minutes));

  Figures figures = {{"kernel", crypto::simd::kernel().name},
                     {"design", options.design},
                     {"readings", options.readings},
                     {"mwm", options.min_weight_magnitude}};
  usecases::PublishOptions publish;
  GL_ASSIGN(publish.design, keys::design_named(options.design));
  auto start = Steady::now();
  const double cpu_before = cpu_seconds();
  GL_CHECK(homes.publish(publish));
  figures["publish_s"] = seconds_since(start);
  figures["publish_cpu_s"] = cpu_seconds() - cpu_before;
  start = Steady::now();
  GL_CHECK(homes.share(publish.design));
  figures["share_s"] = seconds_since(start);
  GL_TRY(near, timed_fetch(homes, "near", node->url(), options.readings));
  figures["fetch_s"] = near.wall_s;
  figures["fetch_cpu_s"] = near.cpu_s;
  if (options.round_trip_ms > 0) {
    GL_TRY(endpoint, locator::parse_endpoint(node->url()));
    GL_TRY(proxy, DelayProxy::start(endpoint.port, options.round_trip_ms));
    figures["round_trip_ms"] = options.round_trip_ms;
    GL_TRY(far, timed_fetch(homes, "far", proxy->url(), options.readings));
    figures["fetch_with_round_trip_s"] = far.wall_s;
  }
  return figures;
}

}  // namespace glucoledger::bench
