#include "ledger_store/verification.h"

#include <optional>

#include "ledger_store/folder_lock.h"
#include "ledger_store/log_check.h"
#include "ledger_store/rocks_store.h"

namespace glucoledger::ledger_store {

Result<ledger::VerifyReport> verify_state(const ledger::StateReader& reader, const base::Progress& progress,
                                          const base::CancelToken& cancel) {
  ledger::VerifyOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    base::report(progress, "transactions verified", done, all);
    return !cancel.cancelled();
  };
  return ledger::verify(reader, options);
}

Result<ledger::VerifyReport> verify_folder(const std::filesystem::path& folder, const base::Progress& progress,
                                           const base::CancelToken& cancel) {
  std::error_code ignored;
  std::optional<base::FileLock> lock;
  if (std::filesystem::exists(folder / "lock", ignored)) {
    auto held = lock_folder(folder, 0);
    if (held) lock = std::move(*held);
    if (!held && held.error().code == ErrorCode::kBusy) {
      return fail(ErrorCode::kBusy, held.error().message,
                  "let it end first; or take a snapshot, which works beside it, restore and verify that");
    }
  }
  const std::string state = (folder / "state").string();
  GL_TRY(store, RocksStore::open(state, RocksStore::Access::kReadOnly));
  GL_TRY(view, store->view());
  GL_TRY(report, verify_state(*view, progress, cancel));
  if (const auto logs = check_logs(*rocksdb::Env::Default(), state, false); !logs) {
    ++report.finding_count;
    report.findings.push_back(logs.error().message);
  }
  return report;
}

}  // namespace glucoledger::ledger_store
