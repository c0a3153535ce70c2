// RocksDB's logs after a power cut, or a kill amid a write: a torn end is cut off, damage before it is told.
//
// Every commit is synced before the next one begins, so a power cut can harm the last record only. RocksDB by itself
// drops all that follows the first record that does not fit, silently, though it was acknowledged; and it refuses a
// list of files (MANIFEST) whose last record is torn. So before a store is opened its logs are read: what is torn at
// the end goes, and where the disk has lost what it had promised to keep, that is told (kCorrupt) and nothing is
// changed. What shows it: a record that follows what does not fit, and sequence numbers that do not go on, from those
// that the list of files says are in tables through all logs. Damage of the very last commit looks like a torn one.
// Format: RocksDB's "Write Ahead Log File Format": blocks of 32 KiB, records in fragments, each with CRC-32C.
#pragma once

#include <rocksdb/env.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace glucoledger::ledger_store {

struct LogCondition {
  std::size_t intact_size = 0;  // up to the end of the last record that is whole
  bool is_torn = false;         // something stands after it
  bool records_follow = false;  // and in that, a record of a write-ahead log begins
  std::string first_record;     // the beginning of the first and of the last whole record
  std::string last_record;
};
LogCondition examine_log(std::string_view content);

// The logs of the database in `folder`, oldest first; empty where there is no such folder.
std::vector<std::string> log_names(rocksdb::Env& env, const std::string& folder);
// What the system's memory holds of a file, on disk; cut to a size where one is given.
rocksdb::Status sync_file(rocksdb::Env& env, const std::string& path, std::optional<std::size_t> cut_to = std::nullopt);

// Examines the logs and the list of files of the database in `folder`. `mend`: cuts off what is torn, once all is
// judged. Beside a process that writes, what it does meanwhile may look like damage.
Result<void> check_logs(rocksdb::Env& env, const std::string& folder, bool mend);

}  // namespace glucoledger::ledger_store
