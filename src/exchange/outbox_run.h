// One run of the outbox: everything that waits in a home goes out, in the order that the promises need.
//
//   0. what was confirmed last is looked for; where it is gone, the ledger was put back to an older state, and what is
//      gone with it waits again (standing.h); before notes alone that is only marked, for the next run
//   1. what an earlier run fixed and did not see confirmed
//   2. notes, which release epochs, tell their ends, close grants: whenever some wait, before all else. Before the
//      first of a run, and before the first signature, notes are looked for that stand on the ledger and that this home
//      does not know of: then it was put back, and grants that it had closed are closed again
//   3. messages, epoch by epoch. What waits in an epoch that a revocation ended, or that may sign no more, is moved to
//      another first. Before the first signature of a run the epoch's next address is looked up; where it is in use
//      (another copy of this home signed there), where the ledger has dropped the first message, behind which nobody
//      new could read, and wherever notes of this home stand that it does not know of (it was put back: ends may have
//      been told), the epoch signs no more. Where too few nodes answer to be sure, messages go into new epochs. Signed
//      in batches, each committed before it leaves; right before the first of an epoch leaves, its address is looked
//      up again
//   4. epochs at rest end, and notes tell how many messages they hold, unless another copy signed there too
//   5. sealed files that nobody shall read any more are removed from their store
//
// One process at a time carries a home's outbox (home/signing_lease.h). It takes along what other processes of the home
// add meanwhile, and drops what they take back. kUnreachable leaves everything as it was, to be repeated.
#pragma once

#include <functional>

#include "exchange/delivery.h"
#include "home/epochs.h"
#include "privacy/sealed_file.h"

namespace glucoledger::exchange {

struct OutboxOptions {
  std::optional<int> min_weight_magnitude;  // above the ledger's own
  privacy::Transform transform = privacy::Transform::kCompress;
  bool notes_only = false;  // sharing and revoking do not start to publish readings
  // Called by the calling thread now and then, while others do proofs of work: it may add to the home what goes along,
  // and tells so.
  std::function<bool()> meanwhile;
};

struct OutboxReport {
  DeliveryCounts delivery;
  std::size_t nodes = 1;  // of the ledger; what was read back was so from `must_agree` at least
  std::size_t must_agree = 1;
  bool confirms_data = true;
  std::size_t epochs_replaced = 0;        // ended because their next address was in use
  std::vector<std::string> closed_again;  // grants that this home had closed before it was put back to an earlier state
  std::size_t sent_again = 0;             // messages and notes that the ledger had confirmed and lost
  bool more_may_be_gone = false;          // likewise: not all were looked for (Standing)
  std::string doubt;                      // too few nodes answered (ports::ReadEnd), so that new epochs were used
  home::OutboxCounts waiting;             // afterwards
};

// Nothing: another process carries this home's outbox, and what waits here with it.
Result<std::optional<OutboxReport>> run_outbox(home::Home& home, const ports::World& world,
                                               const OutboxOptions& options);

}  // namespace glucoledger::exchange
