// bench NAME: the options of the benches (bench/benches.h), and their figures on standard output.
#include <memory>

#include "apps/command.h"
#include "apps/interrupt.h"
#include "apps/session.h"
#include "base/limits.h"
#include "bench/benches.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::apps {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  glucoledger bench pow --threads 2\n"
    "  glucoledger bench mam --kernel portable --json\n"
    "  glucoledger bench attach --mwm 14 --runs 300\n"
    "Short work is told by the best of many runs, work in which chance decides by mean and standard deviation.\n";
constexpr std::string_view kNodeExamples =
    "Examples:\n"
    "  glucoledger bench node http://127.0.0.1:14265 --batch 100            # goal: 20,000 transactions a second\n"
    "  glucoledger bench node http://127.0.0.1:14265 --batch 1              # goal: 10,000 a second, or 60 % of\n"
    "                                                                       # connections / fsync, whichever is less\n"
    "  glucoledger bench node http://127.0.0.1:14265 --mix find --batch 1   # goal: p99 of 1 ms, so for trytes, "
    "approve\n"
    "Transactions are made before the clock starts. It stops after --seconds or --transactions, whichever is first.\n"
    "Exit 1: the node answered some of it wrongly or not at all.\n"
    "--mix mixed: of ten requests four store, two ask for tips, two find by address, two get trytes.\n";

constexpr int kMinutesADay = 1'440;

// Runs `measure(options, cancel)` on the kernel that --kernel forced, and prints its figures.
class Benches {
 public:
  Benches(CLI::App& command, Context& context)
      : command_(command), context_(context), kernel_(std::make_shared<std::string>()) {
    command_.add_option("--kernel", *kernel_, "portable, avx2 or avx512 (default: the best one)");
  }

  // `measure` takes (options, cancel) and `print` (context, what was measured).
  template <typename Options, typename Measure, typename Print>
  CLI::App& add(const std::string& name, const std::string& description, std::shared_ptr<Options> options,
                Measure measure, Print print) {
    auto* command = command_.add_subcommand(name, description);
    const auto run = [kernel = kernel_, measure, print](const Context& context,
                                                        const Options& given) -> Result<ExitCode> {
      if (!kernel->empty() && !crypto::simd::use_kernel(*kernel)) {
        return fail(ErrorCode::kUsage, "this machine has no kernel " + *kernel,
                    "it has: " + crypto::simd::usable_kernel_names());
      }
      const auto cancel = interrupt_token();
      GL_TRY(measured, measure(given, cancel));
      if (cancel.cancelled()) return fail(ErrorCode::kInterrupted, "stopped");
      return print(context, measured);
    };
    run_when_chosen(*command, context_, std::move(options), run);
    return *command;
  }

  template <typename Options, typename Measure>
  CLI::App& add(const std::string& name, const std::string& description, std::shared_ptr<Options> options,
                Measure measure) {
    return add(name, description, std::move(options), measure,
               [](const Context& context, const bench::Figures& figures) {
                 print_result(context, figures, bench::table_of(figures));
                 return ExitCode::kDone;
               });
  }

 private:
  CLI::App& command_;
  Context& context_;
  std::shared_ptr<std::string> kernel_;
};

template <typename Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& value, const std::string& description,
                        Number from, Number to) {
  return command.add_option(name, value, description)->check(CLI::Range(from, to))->capture_default_str();
}

void add_mwm(CLI::App& command, int& value, const std::string& description = "Minimum weight magnitude") {
  add_number(command, "--mwm", value, description, 1, base::limits::kMinWeightMagnitudeMax);
}

void add_hashing(Benches& benches) {
  struct None {};
  benches.add("curl", "Single Curl-P hashes, 4 and 512 at once, a transaction's hash", std::make_shared<None>(),
              [](const None&, const auto& cancel) { return bench::measure_curl(cancel); });
  benches.add("kerl", "A Kerl hash; hash and check of a bundle of three transactions", std::make_shared<None>(),
              [](const None&, const auto& cancel) { return bench::measure_kerl(cancel); });

  auto mam = std::make_shared<bench::MamOptions>();
  auto& mam_command =
      benches.add("mam", "Create and open a MAM message of 857 bytes, and a stream of them", mam, bench::measure_mam);
  add_number<std::size_t>(mam_command, "--stream", mam->stream, "Messages of the stream", 1, 100'000);

  auto pow = std::make_shared<bench::PowOptions>();
  auto& pow_command =
      benches.add("pow", "Hashes a second of the proof of work, and how long one takes", pow, bench::measure_pow);
  add_number(pow_command, "--threads", pow->threads, "Threads of a search; with more than one also their gain", 1,
             1024);
  add_number(pow_command, "--seconds", pow->seconds, "How long to search in vain", 0.1, 600.0);
  add_number<std::size_t>(pow_command, "--runs", pow->runs, "Proofs of work to find, for mean and standard deviation",
                          0, 1'000'000);
  add_mwm(pow_command, pow->min_weight_magnitude, "Their minimum weight magnitude");
}

void add_attach(Benches& benches) {
  auto options = std::make_shared<bench::AttachOptions>();
  auto& command = benches.add("attach", "Create and attach messages of 857 bytes on a ledger in a folder", options,
                              bench::measure_attach);
  add_number<std::size_t>(command, "--runs", options->runs, "Messages", 1, 1'000'000);
  add_mwm(command, options->min_weight_magnitude);
  add_number(command, "--threads", options->threads, "Threads of the proof of work; 0: all cores", 0, 1024);
  command
      .add_option("--pow", options->proof_of_work,
                  "Also have it attached by a node: its URL, or `node` for one that is started here")
      ->capture_default_str();
  command.add_option("--folder", options->folder, "Where the ledger shall stand for a while (default: /tmp)");
}

void add_use_cases(Benches& benches) {
  auto day = std::make_shared<bench::DayOptions>();
  auto& day_command =
      benches.add("day", "CPU time of publishing a day of readings, a message each, into a ledger's folder", day,
                  [](const auto& options, const auto&) { return bench::measure_day(options, make_world()); });
  add_number(day_command, "--readings", day->readings, "Of the day: 144 at ten minutes, 288 at five", 1, kMinutesADay);
  add_number(day_command, "--measured", day->measured, "Publish only so many, and scale; 0: all", 0, kMinutesADay);
  add_mwm(day_command, day->min_weight_magnitude);

  auto quarter = std::make_shared<bench::QuarterOptions>();
  auto& quarter_command =
      benches.add("quarter", "Publish a quarter of readings to a node, share, fetch and verify them", quarter,
                  [](const auto& options, const auto&) { return bench::measure_quarter(options, make_world()); });
  add_number<std::size_t>(quarter_command, "--readings", quarter->readings,
                          "13536: the paper's quarter; 26208: one at five minutes", 1, 10'000'000);
  add_number(quarter_command, "--minutes", quarter->minutes, "From one reading to the next", 1, kMinutesADay);
  add_mwm(quarter_command, quarter->min_weight_magnitude);
  quarter_command.add_option("--design", quarter->design, "tangle or tangle-ipfs")
      ->check(CLI::IsMember({"tangle", "tangle-ipfs"}))
      ->capture_default_str();
  add_number(quarter_command, "--round-trip", quarter->round_trip_ms,
             "Milliseconds that a second fetch is held up by; 0: none", 0, 10'000);

  auto beside = std::make_shared<bench::BesideOptions>();
  auto& beside_command = benches.add(
      "beside", "What revoke and import wait for while another process publishes; starts two processes", beside,
      [](const auto& options, const auto& cancel) { return bench::measure_beside(options, make_world(), cancel); });
  add_number<std::size_t>(beside_command, "--runs", beside->runs, "Grants that are given and taken back", 1, 10'000);
  add_number<std::size_t>(beside_command, "--waiting", beside->waiting,
                          "Readings that wait to be published; 26208: a quarter", 0, 1'000'000);
  add_mwm(beside_command, beside->min_weight_magnitude);
  beside_command.add_option("--seed", beside->seed, "Of the moments")->capture_default_str();

  auto follow = std::make_shared<bench::FollowOptions>();
  auto& follow_command = benches.add("follow",
                                     "From a file in the patient's folder to the physician's store, by "
                                     "--follow",
                                     follow, [](const auto& options, const auto& cancel) {
                                       return bench::measure_follow(options, make_world(), cancel);
                                     });
  add_number<std::size_t>(follow_command, "--runs", follow->runs, "Files, one after the other", 1, 10'000);
  add_number<std::size_t>(follow_command, "--readings", follow->readings, "Readings in a file", 1, 10'000);
  add_mwm(follow_command, follow->min_weight_magnitude);
}

void add_ledger(Benches& benches) {
  auto options = std::make_shared<bench::LedgerOptions>();
  auto& command = benches.add(
      "ledger", "A ledger in a folder: ingest, reads, memory, start after a crash", options,
      [](const auto& given, const auto& cancel) { return bench::measure_ledger(given, terminal_progress(), cancel); });
  command.add_option("--transactions", options->transactions, "How many to store")->capture_default_str();
  command.add_option("--batch", options->batch, "Transactions in a submission")->capture_default_str();
  command.add_option("--connections", options->connections, "Threads that submit")->capture_default_str();
  command.add_option("--reads", options->reads, "How many of each kind")->capture_default_str();
  command.add_option("--data", options->data, "The folder, new and kept (default: one that goes)");
}

// What the mix never asks needs no number.
Result<void> check_mix(const bench::NodeOptions& options) {
  const bool reads = options.mix != "store" && options.mix != "approve";
  if (options.filled > 0 && !reads) {
    return fail(ErrorCode::kUsage, "--filled says where to read, and --mix " + options.mix + " reads nothing",
                "leave it out, or choose --mix find, trytes or mixed");
  }
  if (options.transactions > 0 && options.mix != "store" && options.mix != "mixed") {
    return fail(ErrorCode::kUsage, "--transactions are stored, and --mix " + options.mix + " stores nothing",
                "leave it out, or choose --mix store or mixed");
  }
  return {};
}

void add_node(Benches& benches) {
  auto options = std::make_shared<bench::NodeOptions>();
  auto& command = benches.add(
      "node", "Put load on a node that speaks the IRI API: throughput and latencies", options,
      [](const auto& given, const auto& cancel) -> Result<bench::NodeLoad> {
        GL_CHECK(check_mix(given));
        return bench::measure_node(given, terminal_progress(), cancel);
      },
      [](const Context& context, const bench::NodeLoad& load) {
        print_result(context, load.figures, bench::node_table_of(load.figures));
        return load.errors == 0 ? ExitCode::kDone : ExitCode::kFailed;
      });
  command.footer(std::string(kNodeExamples));
  command.add_option("URL", options->url, "The node, http://host:port")->required();
  add_number<std::size_t>(command, "--connections", options->connections, "Each with one request under way", 1, 10'000);
  add_number<std::size_t>(command, "--batch", options->batch, "Transactions, addresses or hashes a request", 1, 1'000);
  command.add_option("--mix", options->mix, "What is asked: store, approve, trytes, find or mixed")
      ->check(CLI::IsMember({"store", "approve", "trytes", "find", "mixed"}))
      ->capture_default_str();
  add_number(command, "--seconds", options->seconds, "How long", 0.1, 3'600.0);
  command.add_option("--transactions", options->transactions,
                     "How many to store at most (default: 25,000 for each second; 2.7 KB of memory each)");
  command.add_option("--mwm", options->min_weight_magnitude, "Proof of work (default: what the node tells, else 14)")
      ->check(CLI::Range(0, 14));
  command.add_option("--filled", options->filled,
                     "The node serves a ledger of `bench fill` with so many transactions: read all over it, not only\n"
                     "behind the tips");
  command.add_option("--fsync-folder", options->fsync_folder,
                     "Where to measure the disk: the node's (default: the folder for temporary files)");
}

void add_fill(Benches& benches) {
  auto options = std::make_shared<bench::FillOptions>();
  auto& command = benches.add(
      "fill", "Make a large ledger of minimum weight magnitude 1, for measuring", options,
      [](const auto& given, const auto& cancel) { return bench::fill_ledger(given, terminal_progress(), cancel); },
      [](const Context& context, const bench::Figures& figures) {
        const auto seconds = static_cast<int>(figures["seconds"].get<double>());
        print_result(context, figures,
                     count_of(figures["transactions"].get<std::size_t>(), "transaction") + " in " +
                         std::to_string(seconds) + " s");
        return ExitCode::kDone;
      });
  command.add_option("FOLDER", options->folder, "A new folder")->required();
  command.add_option("--transactions", options->transactions, "How many")->required()->check(CLI::PositiveNumber);
}

}  // namespace

void add_bench_commands(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure what the program does, on this machine");
  command->footer(std::string(kExamples));
  command->require_subcommand(1);
  Benches benches(*command, context);
  add_hashing(benches);
  add_attach(benches);
  add_use_cases(benches);
  add_node(benches);
  add_fill(benches);
  add_ledger(benches);
}

}  // namespace glucoledger::apps
