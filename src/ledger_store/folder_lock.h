// One process at a time writes to a ledger's folder, or looks through it as a whole; others may read beside it.
#pragma once

#include <filesystem>

#include "base/file.h"

namespace glucoledger::ledger_store {

// The folder must exist. kBusy: another process holds it for longer than the wait (0: none), and nothing was changed.
Result<base::FileLock> lock_folder(const std::filesystem::path& folder, std::int64_t wait_ms,
                                   const base::Clock& clock = base::SystemClock());

}  // namespace glucoledger::ledger_store
