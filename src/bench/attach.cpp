// bench attach: one message of 857 bytes is created and attached, as in the paper's Table 1, on an embedded ledger.
//
// With --pow the same bundle is also attached by a node's attachToTangle: at minimum weight magnitude 1, where there is
// next to no work, the difference is what the way there costs.
#include "bench/benches.h"
#include "bench/measure.h"
#include "crypto/simd/kernel.h"
#include "ledger/bundle.h"
#include "ledger_client/iri_client.h"
#include "ledger_store/tangle.h"
#include "mam/mam.h"
#include "node/node.h"

namespace glucoledger::bench {
namespace {

struct AttachTimes {
  Spread create_ms;   // MAM message and bundle
  Spread work_ms;     // proof of work
  Spread service_ms;  // the same by a node
  Spread store_ms;    // tips, and the ledger's durable commit
  Spread total_ms;
  std::size_t transactions = 0;
};

// Who attaches for others: the node at a URL, or one that is started here.
struct Service {
  std::unique_ptr<node::Node> node;
  std::unique_ptr<ledger_client::IriClient> client;
};

Result<Service> start_service(const AttachOptions& options, const std::filesystem::path& folder,
                              const base::Clock& clock) {
  Service service;
  if (options.proof_of_work == "local") return service;
  std::string url = options.proof_of_work;
  if (url == "node") {
    node::NodeOptions node;
    node.folder = folder / "node";
    node.server.listen = "127.0.0.1:0";
    node.min_weight_magnitude = options.min_weight_magnitude;
    GL_ASSIGN(service.node, node::Node::start(node, clock));
    url = service.node->url();
  }
  GL_TRY(endpoints, locator::parse_endpoints(url));
  service.client = std::make_unique<ledger_client::IriClient>(endpoints, clock);
  return service;
}

// Each message is alone: the first of a channel of its own.
Result<void> attach_one(ledger_store::Tangle& tangle, const Service& service, std::string_view text,
                        const crypto::ProofOfWorkOptions& work, const base::Clock& clock, AttachTimes& times) {
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  const auto start = Steady::now();
  GL_TRY(created, mam::create(channel, 0, text));
  GL_TRY(bundle, ledger::prepare(created.payload, created.address, "", clock.now_ms() / 1000));
  const double created_s = seconds_since(start);
  GL_TRY(tips, tangle.tips());
  const double tips_s = seconds_since(start);
  GL_TRY(transactions, ledger::attach(bundle, {tips.trunk, tips.branch, clock.now_ms()}, work));
  const double worked_s = seconds_since(start);
  GL_CHECK(tangle.submit(transactions));
  const double stored_s = seconds_since(start);
  times.create_ms.add(created_s * 1e3);
  times.work_ms.add((worked_s - tips_s) * 1e3);
  times.store_ms.add((stored_s - worked_s + tips_s - created_s) * 1e3);
  times.total_ms.add(stored_s * 1e3);
  times.transactions = transactions.size();
  if (!service.client) return {};
  const auto asked = Steady::now();
  GL_CHECK(service.client->attach(bundle, {tips.trunk, tips.branch, clock.now_ms()}, work));
  times.service_ms.add(seconds_since(asked) * 1e3);
  return {};
}

}  // namespace

Result<Figures> measure_attach(const AttachOptions& options, const base::CancelToken& cancel) {
  const base::SystemClock clock;
  GL_TRY(scratch, ScratchFolder::make(options.folder));
  ledger_store::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = options.min_weight_magnitude;
  GL_TRY(tangle, ledger_store::Tangle::open(scratch.path() / "ledger", tangle_options, clock));
  GL_TRY(text, crypto::trytes_from_ascii(std::string(kRecordBytes, 'x')));
  const auto work = proof_of_work(options.min_weight_magnitude, options.threads, cancel);
  GL_TRY(service, start_service(options, scratch.path(), clock));
  AttachTimes times;
  for (std::size_t run = 0; run < options.runs; ++run) GL_CHECK(attach_one(*tangle, service, text, work, clock, times));
  Figures figures = {{"kernel", crypto::simd::kernel().name}, {"threads", options.threads},
                     {"mwm", options.min_weight_magnitude},   {"record_bytes", kRecordBytes},
                     {"transactions", times.transactions},    {"runs", times.total_ms.count()}};
  const auto tell = [&](const std::string& name, const Spread& times_ms) {
    figures[name + "_mean_ms"] = times_ms.mean();
    figures[name + "_sd_ms"] = times_ms.deviation();
  };
  tell("create", times.create_ms);
  tell("work", times.work_ms);
  if (service.client) tell("work_by_service", times.service_ms);
  tell("store", times.store_ms);
  tell("total", times.total_ms);
  return figures;
}

}  // namespace glucoledger::bench
