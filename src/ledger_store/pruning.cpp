#include "ledger_store/pruning.h"

#include <algorithm>

namespace glucoledger::ledger_store {
namespace {

// Where the first milestone that is not before the time stands: nothing that came after it may go.
Result<std::uint64_t> first_sequence_kept(Tangle& tangle, std::int64_t before_ms) {
  constexpr std::size_t kMilestonesAtOnce = 1000;
  GL_TRY(position, tangle.latest_position());
  position.milestone = 0;
  std::uint64_t kept = 1;
  while (true) {
    GL_TRY(history, tangle.history_after(position, kMilestonesAtOnce));
    if (history.milestones.empty()) return kept;
    for (const ledger::Milestone& milestone : history.milestones) {
      if (milestone.time_ms >= before_ms) return kept;
      kept = std::max(kept, milestone.transaction_count + 1);
    }
    position = history.end;
  }
}

}  // namespace

Result<PruneReport> prune_folder(const std::filesystem::path& folder, std::int64_t before_ms, const base::Clock& clock,
                                 const base::Progress& progress, const base::CancelToken& cancel) {
  constexpr std::uint64_t kSequencesAtOnce = 5000;
  TangleOptions options;
  options.read_only = true;
  GL_CHECK(Tangle::open(folder, options, clock));  // where there is no ledger, none is made
  options.read_only = false;
  options.lock_wait_ms = 0;
  GL_TRY(tangle, Tangle::open(folder, options, clock));
  PruneReport report;
  GL_ASSIGN(report.before, first_sequence_kept(*tangle, before_ms));
  for (std::uint64_t before = 1; before < report.before;) {
    if (cancel.cancelled()) return fail(ErrorCode::kInterrupted, "interrupted: what was pruned so far is gone");
    before = std::min(before + kSequencesAtOnce, report.before);
    GL_TRY(pruned, tangle->prune_before(before));
    report.pruned += pruned;
    base::report(progress, "transactions looked at", before - 1, report.before - 1);
  }
  GL_CHECK(tangle->reclaim());
  return report;
}

}  // namespace glucoledger::ledger_store
