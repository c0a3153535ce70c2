#include "ledger_store/folder_lock.h"

namespace glucoledger::ledger_store {

Result<base::FileLock> lock_folder(const std::filesystem::path& folder, std::int64_t wait_ms) {
  auto lock = base::FileLock::acquire(folder / "lock", wait_ms);
  if (!lock && lock.error().code == ErrorCode::kUnreachable) lock.error().code = ErrorCode::kBusy;
  return lock;
}

}  // namespace glucoledger::ledger_store
