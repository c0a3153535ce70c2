// bench attach: one message of 857 bytes is created and attached, as in the paper's Table 1, on an embedded ledger.
//
// With --pow the same bundle is also attached by a node's attachToTangle: at minimum weight magnitude 1, where there is
// next to no work, the difference is what the way there costs.
#include "apps/bench.h"
#include "base/limits.h"
#include "crypto/simd/kernel.h"
#include "ledger/bundle.h"
#include "ledger_client/iri_client.h"
#include "mam/mam.h"
#include "node/node.h"
#include "storage/tangle.h"

namespace glucoledger::apps {
namespace {

struct AttachArguments {
  std::size_t runs = 20;
  int min_weight_magnitude = 14;
  int threads = 0;
  std::string folder;
  std::string proof_of_work = "local";
};

struct AttachTimes {
  Sample create_ms;   // MAM message and bundle
  Sample work_ms;     // proof of work
  Sample service_ms;  // the same by a node
  Sample store_ms;    // tips, and the ledger's durable commit
  Sample total_ms;
  std::size_t transactions = 0;
};

// Who attaches for others: the node at a URL, or one that is started here.
struct Service {
  std::unique_ptr<node::Node> node;
  std::unique_ptr<ledger_client::IriClient> client;
};

Result<Service> start_service(const AttachArguments& arguments, const std::filesystem::path& folder,
                              const base::Clock& clock) {
  Service service;
  if (arguments.proof_of_work == "local") return service;
  std::string url = arguments.proof_of_work;
  if (url == "node") {
    node::NodeOptions options;
    options.folder = folder / "node";
    options.server.listen = "127.0.0.1:0";
    options.min_weight_magnitude = arguments.min_weight_magnitude;
    GL_ASSIGN(service.node, node::Node::start(options, clock));
    url = service.node->url();
  }
  GL_TRY(endpoints, http::parse_endpoints(url));
  service.client = std::make_unique<ledger_client::IriClient>(endpoints);
  return service;
}

// Each message is alone: the first of a channel of its own.
Result<void> attach_one(storage::Tangle& tangle, const Service& service, std::string_view text,
                        const crypto::ProofOfWorkOptions& work, AttachTimes& times) {
  const base::SystemClock clock;
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  const std::string tag(ledger::kTagTrytes, '9');
  const auto start = BenchClock::now();
  GL_TRY(created, mam::create(channel, 0, text));
  GL_TRY(bundle, ledger::prepare(created.payload, created.address, tag, clock.now_ms() / 1000));
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
  const auto asked = BenchClock::now();
  GL_CHECK(service.client->attach(bundle, {tips.trunk, tips.branch, clock.now_ms()}, work));
  times.service_ms.add(seconds_since(asked) * 1e3);
  return {};
}

Result<Figures> bench_attach(const AttachArguments& arguments) {
  const base::SystemClock clock;
  GL_TRY(scratch, ScratchFolder::make(arguments.folder));
  storage::TangleOptions options;
  options.min_weight_magnitude = arguments.min_weight_magnitude;
  GL_TRY(tangle, storage::Tangle::open(scratch.path() / "ledger", options, clock));
  GL_TRY(text, crypto::trytes_from_ascii(std::string(kBenchRecordBytes, 'x')));
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = arguments.min_weight_magnitude;
  work.threads = arguments.threads;
  work.cancel = &base::interrupt_flag();
  GL_TRY(service, start_service(arguments, scratch.path(), clock));
  AttachTimes times;
  for (std::size_t run = 0; run < arguments.runs; ++run) GL_CHECK(attach_one(*tangle, service, text, work, times));
  Figures figures = {{"kernel", crypto::simd::kernel().name}, {"threads", arguments.threads},
                     {"mwm", arguments.min_weight_magnitude}, {"record_bytes", kBenchRecordBytes},
                     {"transactions", times.transactions},    {"runs", times.total_ms.count()}};
  const auto tell = [&](const std::string& name, const Sample& sample) {
    figures[name + "_mean_ms"] = sample.mean();
    figures[name + "_sd_ms"] = sample.deviation();
  };
  tell("create", times.create_ms);
  tell("work", times.work_ms);
  if (service.client) tell("work_by_service", times.service_ms);
  tell("store", times.store_ms);
  tell("total", times.total_ms);
  return figures;
}

}  // namespace

void add_bench_attach(Benches& benches) {
  auto arguments = std::make_shared<AttachArguments>();
  auto& command = benches.add("attach", "Create and attach messages of 857 bytes on a ledger in a folder",
                              [arguments] { return bench_attach(*arguments); });
  command.add_option("--runs", arguments->runs, "Messages")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  command.add_option("--mwm", arguments->min_weight_magnitude, "Minimum weight magnitude")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax))
      ->capture_default_str();
  command.add_option("--threads", arguments->threads, "Threads of the proof of work; 0: all cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command
      .add_option("--pow", arguments->proof_of_work,
                  "Also have it attached by a node: its URL, or `node` for one that is started here")
      ->capture_default_str();
  command.add_option("--folder", arguments->folder, "Where the ledger shall stand for a while (default: /tmp)");
}

}  // namespace glucoledger::apps
