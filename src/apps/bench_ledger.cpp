// bench ledger: a ledger in a folder, in this process: how fast it takes transactions in, how fast it answers, what
// memory it needs, and how soon it is there again after a crash.
//
// A child process fills it and goes without closing anything; what is measured afterwards is what such a start finds.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "apps/bench.h"
#include "apps/bench_node_transactions.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/random.h"
#include "ledger_store/rocks_store.h"
#include "ledger_store/tangle.h"

namespace glucoledger::apps {
namespace {

struct LedgerArguments {
  std::uint64_t transactions = 20'000;
  std::size_t batch = 100;
  unsigned connections = 8;
  std::string data;  // empty: a folder that is gone afterwards
  std::size_t reads = 5'000;
};

struct Filled {
  double submit_seconds = 0;
  ledger_store::RocksStore::Written bodies;
  ledger_store::RocksStore::Written indexes;
};

struct OpenLedger {
  ledger_store::RocksStore* store = nullptr;  // of the tangle
  std::unique_ptr<ledger_store::Tangle> tangle;
};

Result<OpenLedger> open_ledger(const std::filesystem::path& folder, const base::Clock& clock) {
  GL_TRY(store, ledger_store::RocksStore::open((folder / "state").string(), ledger_store::RocksStore::Access::kWrite));
  OpenLedger ledger;
  ledger.store = store.get();
  ledger_store::TangleOptions options;
  options.min_weight_magnitude = 1;
  GL_ASSIGN(ledger.tangle, ledger_store::Tangle::over(std::move(store), folder.string(), options, clock));
  return ledger;
}

// Each connection submits its share of the batches, as a node does for its clients.
Result<void> submit_all(ledger_store::Tangle& tangle, const std::vector<ledger::Transaction>& transactions,
                        const LedgerArguments& arguments) {
  std::vector<std::thread> connections;
  std::vector<Result<void>> results(arguments.connections);
  for (unsigned connection = 0; connection < arguments.connections; ++connection) {
    connections.emplace_back([&, connection] {
      const std::size_t step = arguments.batch * arguments.connections;
      for (std::size_t first = connection * arguments.batch; first < transactions.size(); first += step) {
        const std::size_t count = std::min(arguments.batch, transactions.size() - first);
        results[connection] = tangle.submit_without_milestone(std::span(transactions).subspan(first, count));
        if (!results[connection]) return;
      }
    });
  }
  for (std::thread& connection : connections) connection.join();
  for (Result<void>& result : results) GL_RETURN_ERROR(result);
  return {};
}

Result<Filled> fill(const std::filesystem::path& folder, const LedgerArguments& arguments) {
  const base::SystemClock clock;
  GL_TRY(ledger, open_ledger(folder, clock));
  const auto progress = terminal_progress();
  constexpr std::uint64_t kPiece = 10'000;
  SeriesOptions options;
  TransactionSeries series(options);
  Filled filled;
  for (std::uint64_t done = 0; done < arguments.transactions; done += kPiece) {
    GL_TRY(transactions, series.next(std::min(kPiece, arguments.transactions - done), clock.now_ms()));
    const auto start = BenchClock::now();
    GL_CHECK(submit_all(*ledger.tangle, transactions, arguments));
    GL_CHECK(ledger.tangle->issue_milestone());
    filled.submit_seconds += seconds_since(start);
    base::report(progress, "transactions stored", done, arguments.transactions);
  }
  GL_ASSIGN(filled.bodies, ledger.store->written(ledger::Column::kBodies));
  GL_ASSIGN(filled.indexes, ledger.store->written(ledger::Column::kIndexes));
  static_cast<void>(ledger.tangle.release());  // as if it had crashed: nothing is closed
  return filled;
}

Result<Filled> fill_in_a_process(const std::filesystem::path& folder, const LedgerArguments& arguments) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return fail(ErrorCode::kFailed, "no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto filled = fill(folder, arguments);
    if (!filled) print_error({}, filled.error());
    const bool told = filled && ::write(ends[1], &*filled, sizeof(Filled)) == sizeof(Filled);
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  Filled filled;
  const bool told = ::read(ends[0], &filled, sizeof filled) == sizeof filled;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) return fail(ErrorCode::kFailed, "the ledger could not be filled");
  return filled;
}

// Median and 99th percentile of `read`, which is called for a number drawn at random.
Result<Figures> latencies(const LedgerArguments& arguments, const std::function<Result<void>(std::uint64_t)>& read) {
  std::vector<double> times_us;
  for (std::size_t i = 0; i < arguments.reads; ++i) {
    const auto number = base::random_below(static_cast<std::uint32_t>(arguments.transactions));
    const auto start = BenchClock::now();
    GL_CHECK(read(number));
    times_us.push_back(seconds_since(start) * 1e6);
  }
  std::sort(times_us.begin(), times_us.end());
  return Figures{{"p50_us", times_us[times_us.size() / 2]}, {"p99_us", times_us[times_us.size() * 99 / 100]}};
}

Result<Figures> measure(const LedgerArguments& arguments) {
  GL_TRY(scratch, ScratchFolder::make());
  const std::filesystem::path folder = arguments.data.empty() ? scratch.path() : std::filesystem::path(arguments.data);
  GL_CHECK(base::make_folder(folder / "state"));
  GL_TRY(filled, fill_in_a_process(folder, arguments));
  const base::SystemClock clock;
  const auto start = BenchClock::now();
  GL_TRY(ledger, open_ledger(folder, clock));
  GL_CHECK(ledger.tangle->tips());
  const double start_seconds = seconds_since(start);
  ledger_store::Tangle& tangle = *ledger.tangle;
  const auto find = [&](std::uint64_t number) -> Result<std::vector<ledger::Hash>> {
    ledger::Query query;
    query.addresses = {numbered_address(kFillSeries, number)};
    GL_TRY(page, tangle.find(query, 0, base::limits::kTransactionsPerAddressMax));
    return std::move(page.hashes);
  };
  std::vector<ledger::Hash> known;
  for (std::size_t i = 0; i < 500; ++i) {
    GL_TRY(hashes, find(base::random_below(static_cast<std::uint32_t>(arguments.transactions))));
    known.insert(known.end(), hashes.begin(), hashes.end());
  }
  if (known.empty()) return fail(ErrorCode::kFailed, "what was stored is not found");
  GL_TRY(tips, latencies(arguments, [&](std::uint64_t) -> Result<void> {
           GL_CHECK(tangle.tips());
           return {};
         }));
  GL_TRY(gets, latencies(arguments, [&](std::uint64_t number) -> Result<void> {
           GL_CHECK(tangle.get(std::span(&known[number % known.size()], 1)));
           return {};
         }));
  GL_TRY(finds, latencies(arguments, [&](std::uint64_t number) -> Result<void> {
           GL_CHECK(find(number));
           return {};
         }));
  const double count = static_cast<double>(arguments.transactions);
  return Figures{{"transactions", arguments.transactions},
                 {"stored_per_second", count / filled.submit_seconds},
                 {"start_after_crash_ms", start_seconds * 1000},
                 {"tips", tips},
                 {"get", gets},
                 {"find_by_address", finds},
                 {"resident_kib", base::resident_memory_size() / 1024},
                 {"bodies_flushed_bytes", filled.bodies.flushed},
                 {"bodies_rewritten_bytes", filled.bodies.rewritten},
                 {"indexes_flushed_bytes", filled.indexes.flushed},
                 {"indexes_rewritten_bytes", filled.indexes.rewritten}};
}

}  // namespace

void add_bench_ledger(Benches& benches) {
  auto arguments = std::make_shared<LedgerArguments>();
  auto& command = benches.add("ledger", "A ledger in a folder: ingest, reads, memory, start after a crash",
                              [arguments] { return measure(*arguments); });
  command.add_option("--transactions", arguments->transactions, "How many to store")->capture_default_str();
  command.add_option("--batch", arguments->batch, "Transactions in a submission")->capture_default_str();
  command.add_option("--connections", arguments->connections, "Threads that submit")->capture_default_str();
  command.add_option("--reads", arguments->reads, "How many of each kind")->capture_default_str();
  command.add_option("--data", arguments->data, "The folder, new and kept (default: one that goes)");
}

}  // namespace glucoledger::apps
