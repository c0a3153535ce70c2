// The ledger's store over RocksDB: bodies and indexes in column families of their own, each commit one synced batch.
//
// Readers work beside the writer on snapshots and never wait for its disk. After a failed write the database is opened
// anew before the next use, since what was not acknowledged may or may not be on disk; what is found then is written
// again. Where that is not possible, as on a full disk, it can still be read. A read-only store works beside the writer
// of another process: each view looks whether the folder changed and opens it again. Memory: see rocks_options.h.
// Errors: full disk, read-only and I/O errors are kFailed, damage kCorrupt; kUnreachable where the writer took away
// what was being read.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "ledger_store/store.h"

namespace glucoledger::ledger_store {

class RocksStore final : public Store {
 public:
  enum class Access { kReadOnly, kWrite };

  // kWrite makes the database when it is absent, and where the disk refuses to be written to, one that is there is
  // read and each commit tries again; kReadOnly: kNotFound when it is absent. `env`: the disk that it lives on.
  static Result<std::unique_ptr<RocksStore>> open(const std::string& folder, Access access,
                                                  rocksdb::Env* env = rocksdb::Env::Default());
  ~RocksStore() override;

  Result<View> view() override;
  Result<View> view_for_commit() override;
  Result<void> commit(const ledger::StateBatch& batch) override;
  Result<void> reclaim() override;
  // How much of a column this process has written to tables: first from memory, and again to merge them. Bytes.
  struct Written {
    double flushed = 0;
    double rewritten = 0;
  };
  Result<Written> written(ledger::Column column);

 private:
  // What stands in the folder. The structure changes with every flush and compaction, the content with every write.
  struct Fingerprint {
    std::string structure;
    std::string content;
  };

  RocksStore(std::string folder, Access access, rocksdb::Env* env);
  enum class Use { kRead, kCommit };
  bool is_current(Use use) const REQUIRES_SHARED(use_);
  std::optional<base::SharedHold> use_as_it_is(Use use);
  Result<base::SharedHold> use(Use use);
  Result<View> view(Use use);
  Result<rocksdb::Status> write(const ledger::StateBatch& batch);
  Result<void> open_database(Use use) REQUIRES(entry_, use_);
  Result<void> open_for_writing() REQUIRES(entry_, use_);
  Result<void> open_for_reading() REQUIRES(entry_, use_);
  Result<void> sync_logs();
  Result<void> flush_logs() REQUIRES(entry_, use_);
  Result<std::vector<std::string>> family_names() const;
  Fingerprint fingerprint() const;
  void close() REQUIRES(entry_, use_);

  std::string folder_;
  Access access_;
  rocksdb::Env* env_;
  // Who uses the database shares `use_`; who opens or closes it has it alone, and holds `entry_`, so that those who
  // come meanwhile wait there and cannot keep it out for ever.
  base::Mutex entry_;
  base::SharedMutex use_;
  std::unique_ptr<rocksdb::DB> database_ GUARDED_BY(use_);
  std::vector<rocksdb::ColumnFamilyHandle*> families_ GUARDED_BY(use_);  // the first ones by Column
  std::string content_seen_ GUARDED_BY(use_);
  bool were_logs_checked_ GUARDED_BY(use_) = false;  // by who only reads: once
  bool write_failed_ GUARDED_BY(use_) = false;       // what the logs hold may not be on disk
  bool only_readable_ GUARDED_BY(use_) = false;      // the database that is open
};

}  // namespace glucoledger::ledger_store
