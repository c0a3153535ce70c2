// Looks through a ledger's folder that no process is using: its logs, and every invariant of its state
// (ledger/verify.h).
#pragma once

#include <filesystem>

#include "base/progress.h"
#include "ledger/verify.h"

namespace glucoledger::storage {

// Changes nothing. kBusy: a process uses the folder. kNotFound: there is no ledger. kCorrupt where the store
// itself cannot be read; other damage is told in the report.
Result<ledger::VerifyReport> verify_folder(const std::filesystem::path& folder, const base::Progress& progress);
// The same for a store that is open.
Result<ledger::VerifyReport> verify_state(const ledger::StateReader& reader, const base::Progress& progress);

}  // namespace glucoledger::storage
