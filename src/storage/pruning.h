// Makes a ledger in a folder smaller by hand: the bodies of what was confirmed before a time go, for good. Hashes,
// proofs and the marks on addresses stay (ledger/state.h). What decides is the milestones' time.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/progress.h"
#include "storage/tangle.h"

namespace glucoledger::storage {

struct PruneReport {
  std::uint64_t pruned = 0;  // bodies that went
  std::uint64_t before = 0;  // all of them, and those gone earlier, have a sequence number below it
};

// In pieces, each durable: one that was interrupted (kInterrupted) is repeated. kNotFound: there is no ledger.
// kBusy: a process uses the folder.
Result<PruneReport> prune_folder(const std::filesystem::path& folder, std::int64_t before_ms, const base::Clock& clock,
                                 const base::Progress& progress);

}  // namespace glucoledger::storage
