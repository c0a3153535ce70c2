// bench ledger: a ledger in a folder, in this process: how fast it takes transactions in, how fast it answers, what
// memory it needs, and how soon it is there again after a crash.
//
// A child process fills it and goes without closing anything; what is measured afterwards is what such a start finds.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "base/file.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/random.h"
#include "bench/benches.h"
#include "bench/measure.h"
#include "bench/node_transactions.h"
#include "ledger_store/rocks_store.h"
#include "ledger_store/tangle.h"

namespace glucoledger::bench {
namespace {

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
  ledger_store::TangleOptions tangle;
  tangle.min_weight_magnitude = 1;
  GL_ASSIGN(ledger.tangle, ledger_store::Tangle::over(std::move(store), folder.string(), tangle, clock));
  return ledger;
}

// Each connection submits its share of the batches, as a node does for its clients.
Result<void> submit_all(ledger_store::Tangle& tangle, const std::vector<ledger::Transaction>& transactions,
                        const LedgerOptions& options) {
  const Result<void> no_memory = fail(ErrorCode::kFailed, "there is not enough memory");
  std::vector<Result<void>> results(options.connections, no_memory);
  const auto submit_share = [&](std::size_t connection) -> Result<void> {
    const std::size_t step = options.batch * options.connections;
    for (std::size_t first = connection * options.batch; first < transactions.size(); first += step) {
      const std::size_t count = std::min(options.batch, transactions.size() - first);
      GL_CHECK(tangle.submit_without_milestone(std::span(transactions).subspan(first, count)));
    }
    return {};
  };
  {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> connections;
    base::add_threads(connections, options.connections, [&] {
      const std::size_t connection = next++;
      try {
        results[connection] = submit_share(connection);
      } catch (const std::exception&) {  // the result says so
      }
    });
  }
  for (Result<void>& result : results) GL_RETURN_ERROR(result);
  return {};
}

Result<Filled> fill(const std::filesystem::path& folder, const LedgerOptions& options, const base::Progress& progress,
                    const base::CancelToken& cancel) {
  const base::SystemClock clock;
  GL_TRY(ledger, open_ledger(folder, clock));
  constexpr std::uint64_t kPiece = 10'000;
  TransactionSeries series(SeriesOptions(), cancel);
  Filled filled;
  for (std::uint64_t done = 0; done < options.transactions; done += kPiece) {
    GL_TRY(transactions, series.next(std::min(kPiece, options.transactions - done), clock.now_ms()));
    const auto start = Steady::now();
    GL_CHECK(submit_all(*ledger.tangle, transactions, options));
    GL_CHECK(ledger.tangle->issue_milestone());
    filled.submit_seconds += seconds_since(start);
    base::report(progress, "transactions stored", done, options.transactions);
  }
  GL_ASSIGN(filled.bodies, ledger.store->written(ledger::Column::kBodies));
  GL_ASSIGN(filled.indexes, ledger.store->written(ledger::Column::kIndexes));
  static_cast<void>(ledger.tangle.release());  // as if it had crashed: nothing is closed
  return filled;
}

Result<Filled> fill_in_a_process(const std::filesystem::path& folder, const LedgerOptions& options,
                                 const base::Progress& progress, const base::CancelToken& cancel) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return fail(ErrorCode::kFailed, "no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto filled = fill(folder, options, progress, cancel);
    const std::string told =
        filled ? std::string(reinterpret_cast<const char*>(&*filled), sizeof(Filled)) : filled.error().message;
    const bool written = ::write(ends[1], told.data(), told.size()) == static_cast<ssize_t>(told.size());
    ::_exit(filled && written ? 0 : 1);
  }
  ::close(ends[1]);
  std::array<char, 4096> told{};
  const auto size = std::max<ssize_t>(::read(ends[0], told.data(), told.size()), 0);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  Filled filled;
  if (status != 0 || size != sizeof filled) {
    return fail(ErrorCode::kFailed,
                "the ledger could not be filled: " + std::string(told.data(), static_cast<std::size_t>(size)));
  }
  std::memcpy(&filled, told.data(), sizeof filled);
  return filled;
}

// Median and 99th percentile of `read`, which is called for a number drawn at random.
Result<Figures> latencies(const LedgerOptions& options, const std::function<Result<void>(std::uint64_t)>& read) {
  std::vector<double> times_us;
  for (std::size_t i = 0; i < options.reads; ++i) {
    const auto number = base::random_below(static_cast<std::uint32_t>(options.transactions));
    const auto start = Steady::now();
    GL_CHECK(read(number));
    times_us.push_back(seconds_since(start) * 1e6);
  }
  std::sort(times_us.begin(), times_us.end());
  return Figures{{"p50_us", times_us[times_us.size() / 2]}, {"p99_us", times_us[times_us.size() * 99 / 100]}};
}

}  // namespace

Result<Figures> measure_ledger(const LedgerOptions& options, const base::Progress& progress,
                               const base::CancelToken& cancel) {
  GL_TRY(scratch, ScratchFolder::make());
  const std::filesystem::path folder = options.data.empty() ? scratch.path() : std::filesystem::path(options.data);
  GL_CHECK(base::make_folder(folder / "state"));
  GL_TRY(filled, fill_in_a_process(folder, options, progress, cancel));
  const base::SystemClock clock;
  const auto start = Steady::now();
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
    GL_TRY(hashes, find(base::random_below(static_cast<std::uint32_t>(options.transactions))));
    known.insert(known.end(), hashes.begin(), hashes.end());
  }
  if (known.empty()) return fail(ErrorCode::kFailed, "what was stored is not found");
  GL_TRY(tips, latencies(options, [&](std::uint64_t) -> Result<void> {
           GL_CHECK(tangle.tips());
           return {};
         }));
  GL_TRY(gets, latencies(options, [&](std::uint64_t number) -> Result<void> {
           GL_CHECK(tangle.get(std::span(&known[number % known.size()], 1)));
           return {};
         }));
  GL_TRY(finds, latencies(options, [&](std::uint64_t number) -> Result<void> {
           GL_CHECK(find(number));
           return {};
         }));
  const double count = static_cast<double>(options.transactions);
  return Figures{{"transactions", options.transactions},
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

}  // namespace glucoledger::bench
