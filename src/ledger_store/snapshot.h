// A whole ledger in one file: all records of its store, a sum over them, and what they mean (docs/formats/snapshot.md).
//
// A snapshot is of one moment, also of a ledger that a node is writing to. Restoring gives the same ledger: the same
// network id, parameters, transactions and milestones. Both write beside and rename at the end: after a failure or a
// power cut there is a whole file, or a whole ledger, or none; and none when cancelled (kInterrupted). Memory: a few
// MiB, whatever the ledger's size.
#pragma once

#include <filesystem>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "ledger/state.h"

namespace glucoledger::ledger_store {

struct SnapshotInfo {
  ledger::Parameters parameters;
  std::uint64_t transaction_count = 0;
  ledger::Milestone milestone;
  std::uint64_t record_count = 0;
  std::uint64_t size = 0;  // of the file, bytes
};

// Of the ledger in `folder`, whether or not a process writes to it. kNotFound: there is none. kInputRefused: the file
// exists already. kBusy: the process that writes took away what was to be read; repeat.
Result<SnapshotInfo> write_snapshot(const std::filesystem::path& folder, const std::filesystem::path& file,
                                    const base::Progress& progress, const base::CancelToken& cancel = {});
Result<SnapshotInfo> write_snapshot(const ledger::StateReader& reader, const std::filesystem::path& file,
                                    const base::Progress& progress, const base::CancelToken& cancel = {});

// Makes the ledger in `folder`, which must not exist or be empty (kInputRefused). kCorrupt: the file is no whole
// snapshot. kNewerFormat: a newer version of this program made it. The clock: of the command that upgrades an older
// one.
Result<SnapshotInfo> restore_snapshot(const std::filesystem::path& file, const std::filesystem::path& folder,
                                      const base::Clock& clock, const base::Progress& progress,
                                      const base::CancelToken& cancel = {});

}  // namespace glucoledger::ledger_store
