#include "ledger_store/folder_lock.h"

namespace glucoledger::ledger_store {

Result<base::FileLock> lock_folder(const std::filesystem::path& folder, std::int64_t wait_ms,
                                   const base::Clock& clock) {
  return base::FileLock::acquire(folder / "lock", wait_ms, {}, base::FileLock::Mode::kExclusive, clock);
}

}  // namespace glucoledger::ledger_store
