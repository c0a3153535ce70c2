// Test support: an SQLite file system whose power can fail. What was written but not synced is then kept, dropped or
// torn, sector by sector, by a seed.
//
// While the power is off each operation fails, as if the process were gone. Close all connections, restore_power(), and
// open the databases again:
//
//   sqlite::UnsyncedVfs vfs;                        // the default of the process from here on
//   vfs.cut_power_at(vfs.operations() + 7);         // or cut_power(), now
//   ... work until an error ...
//   vfs.restore_power(seed);
//
// Modelled: writes, growth and truncation; creation (lost without a sync of the file) and deletion (may be undone
// without a sync of the folder). Not modelled: sectors that go bad beside the ones written (SQLite's "powersafe
// overwrite"). The shared memory of WAL mode goes with the power. Thread safe. Memory: a copy of each file in use.
// Source: https://sqlite.org/vfs.html, https://sqlite.org/atomiccommit.html
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace glucoledger::sqlite {

class UnsyncedVfs {
 public:
  // Registers itself as `name`, and as the default in place of the present one; both end with the object.
  explicit UnsyncedVfs(std::string name = "unsynced");
  UnsyncedVfs(const UnsyncedVfs&) = delete;
  UnsyncedVfs& operator=(const UnsyncedVfs&) = delete;
  ~UnsyncedVfs();

  // Writes, truncations, syncs and deletions so far; those that failed for want of power not counted.
  std::uint64_t operations() const;
  std::uint64_t syncs() const;

  void cut_power();
  // The operation of that number (from 1) is the first that fails.
  void cut_power_at(std::uint64_t operation);
  bool is_power_on() const;
  // All connections must be closed. Leaves on the real disk what survived.
  void restore_power(std::uint64_t seed);

 private:
  struct File;
  struct Disk;
  friend struct UnsyncedVfsMethods;
  std::string name_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
  std::unique_ptr<Disk> disk_;
};

}  // namespace glucoledger::sqlite
