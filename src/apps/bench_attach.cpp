// bench attach: one message of 857 bytes is created and attached, as in the paper's Table 1, on an embedded ledger.
#include "apps/bench.h"
#include "base/limits.h"
#include "crypto/simd/kernel.h"
#include "ledger/bundle.h"
#include "mam/mam.h"
#include "storage/tangle.h"

namespace glucoledger::apps {
namespace {

struct AttachArguments {
  std::size_t runs = 20;
  int min_weight_magnitude = 14;
  int threads = 0;
  std::string folder;
};

struct AttachTimes {
  Sample create_ms;  // MAM message and bundle
  Sample work_ms;    // proof of work
  Sample store_ms;   // tips, and the ledger's durable commit
  Sample total_ms;
  std::size_t transactions = 0;
};

// Each message is alone: the first of a channel of its own.
Result<void> attach_one(storage::Tangle& tangle, std::string_view text, const crypto::ProofOfWorkOptions& work,
                        AttachTimes& times) {
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
  AttachTimes times;
  for (std::size_t run = 0; run < arguments.runs; ++run) GL_CHECK(attach_one(*tangle, text, work, times));
  Figures figures = {{"kernel", crypto::simd::kernel().name}, {"threads", arguments.threads},
                     {"mwm", arguments.min_weight_magnitude}, {"record_bytes", kBenchRecordBytes},
                     {"transactions", times.transactions},    {"runs", times.total_ms.count()}};
  const auto tell = [&](const std::string& name, const Sample& sample) {
    figures[name + "_mean_ms"] = sample.mean();
    figures[name + "_sd_ms"] = sample.deviation();
  };
  tell("create", times.create_ms);
  tell("work", times.work_ms);
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
  command.add_option("--folder", arguments->folder, "Where the ledger shall stand for a while (default: /tmp)");
}

}  // namespace glucoledger::apps
