// bench fill FOLDER: a large ledger, for measuring how a node does over it (bench/large.mjs).
#include "bench/benches.h"
#include "bench/measure.h"
#include "bench/node_transactions.h"
#include "ledger_store/tangle.h"

namespace glucoledger::bench {

Result<Figures> fill_ledger(const FillOptions& options, const base::Progress& progress,
                            const base::CancelToken& cancel) {
  constexpr std::size_t kMakeAtOnce = 1'000;
  constexpr std::uint64_t kPerMilestone = 20'000;
  const base::SystemClock clock;
  ledger_store::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = 1;
  GL_TRY(tangle, ledger_store::Tangle::open(options.folder, tangle_options, clock));
  GL_TRY(there, tangle->transaction_count());
  if (there > 0) return fail(ErrorCode::kUsage, "the folder holds transactions already", "name a new folder");
  TransactionSeries series(SeriesOptions(), cancel);
  const auto start = Steady::now();
  for (std::uint64_t done = 0; done < options.transactions;) {
    const auto count = std::min<std::uint64_t>(kMakeAtOnce, options.transactions - done);
    GL_TRY(made, series.next(count, clock.now_ms()));
    GL_CHECK(tangle->submit_without_milestone(made));
    done += count;
    if (done % kPerMilestone == 0 || done == options.transactions) GL_CHECK(tangle->issue_milestone());
    base::report(progress, "filling", done, options.transactions);
  }
  const double seconds = seconds_since(start);
  GL_TRY(count, tangle->transaction_count());
  return Figures{{"transactions", count}, {"seconds", thousandths(seconds)}};
}

}  // namespace glucoledger::bench
