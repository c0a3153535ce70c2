// The ledger's store over RocksDB: bodies and indexes in column families of their own, each commit one synced batch.
//
// After a failed write the database is opened anew before the next one, since what was not acknowledged may or may not
// be on disk. A read-only store works beside a writer: refresh() looks whether the folder changed and opens it again.
// Not thread-safe. Memory: a few MiB. Errors: full disk, read-only and I/O errors are kFailed, damage is kCorrupt.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/state_storage.h"

namespace glucoledger::storage {

class RocksStore final : public ledger::StateStore {
 public:
  enum class Access { kReadOnly, kWrite };

  // kWrite makes the database when it is absent; kReadOnly: kNotFound then. `env`: the disk that it lives on.
  static Result<std::unique_ptr<RocksStore>> open(const std::string& folder, Access access,
                                                  rocksdb::Env* env = rocksdb::Env::Default());
  ~RocksStore() override;

  Result<std::optional<std::string>> get(ledger::Column column, std::string_view key) const override;
  Result<void> scan(ledger::Column column, std::string_view prefix, const Visitor& visit) const override;
  Result<void> commit(const ledger::StateBatch& batch) override;
  Result<void> refresh() override;

 private:
  // What stands in the folder. The structure changes with every flush and compaction, the content with every write.
  struct Fingerprint {
    std::string structure;
    std::string content;
  };

  RocksStore(std::string folder, Access access, rocksdb::Env* env);
  Result<void> open_database();
  Result<void> open_for_writing();
  Result<void> open_for_reading();
  Result<void> flush_many_logs();
  rocksdb::Options options() const;
  Result<std::vector<std::string>> family_names() const;
  Fingerprint fingerprint() const;
  void close();

  std::string folder_;
  Access access_;
  rocksdb::Env* env_;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // the first ones by Column
  std::string content_seen_;
};

}  // namespace glucoledger::storage
