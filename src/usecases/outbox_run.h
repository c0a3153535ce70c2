// One run of the outbox: everything that waits in a patient's home goes out, in the order that the promises need.
//
//   1. what an earlier run fixed and did not see confirmed
//   2. notes that release epochs
//   3. the next address of every epoch that is about to sign is looked up: one that is in use ends the epoch (another
//      copy of this home signed there), and its messages wait for a new one; where too few nodes answer to be sure,
//      messages go into new epochs
//   4. messages: signed in batches, each batch committed before anything of it leaves
//   5. epochs at rest end, and notes tell how many messages they hold, unless another copy signed there too
//
// kUnreachable leaves everything as it was, to be repeated.
#pragma once

#include "home/epochs.h"
#include "privacy/sealed_file.h"
#include "usecases/delivery.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

struct OutboxOptions {
  std::optional<int> min_weight_magnitude;  // above the ledger's own
  privacy::Transform transform = privacy::Transform::kCompress;
  bool notes_only = false;  // sharing and revoking do not start to publish readings
};

struct OutboxReport {
  DeliveryCounts delivery;
  std::size_t epochs_replaced = 0;  // ended because their next address was in use
  std::string doubt;                // too few nodes answered (ports::ReadEnd), so that new epochs were used
  home::OutboxCounts waiting;       // afterwards
};

Result<OutboxReport> run_outbox(home::Home& home, const World& world, const OutboxOptions& options);

// The ledger of a home, opened; kUnreachable when it is another one than the home published to before.
struct OpenedLedger {
  std::shared_ptr<ports::Ledger> ledger;
  ports::LedgerInfo info;
};
Result<OpenedLedger> open_home_ledger(home::Home& home, const World& world);

// What to work for: the ledger's own, or more. kUsage when the options ask for less.
Result<int> min_weight_magnitude_for(const ports::LedgerInfo& info, const OutboxOptions& options);

// Inside a transaction: epochs that may not sign any more hand what waits in them to new ones.
Result<std::size_t> replace_dead_epochs(home::Home& home);

}  // namespace glucoledger::usecases
