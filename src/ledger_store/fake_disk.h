// For tests: a disk in memory that can lose power, fill up and fail.
//
// It keeps apart what was written and what was synced. A file's data is safe up to its last sync; a name (made,
// renamed, deleted) is safe once its folder was synced. After a power cut the safe part is there, and of the rest an
// arbitrary part: names in the order of their changes, data cut anywhere or with blocks of zeros. Data whose sync
// failed is taken for synced afterwards and is not (as systems do). Thread-safe.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::ledger_store {

class FakeDisk final : public rocksdb::FileSystem {
 public:
  enum class Fault { kNone, kPowerCut, kFull, kBroken };

  const char* Name() const override { return "FakeDisk"; }
  // From the `operations`-th writing call on, all of them fail.
  void fail_after(std::uint64_t operations, Fault fault);
  // While it is on, a sync says that it is done, and is not.
  void let_syncs_do_nothing(bool on);
  void repair() { fail_after(0, Fault::kNone); }
  // What the disk holds after a power cut. No file may be in use.
  void restart(std::mt19937_64& random);
  std::uint64_t operations() const;  // writing calls so far
  // Changes a byte in the middle of each file whose name ends so; how many is returned.
  int damage(const std::string& suffix);

  using Status = rocksdb::IOStatus;
  using Options = rocksdb::IOOptions;
  using Context = rocksdb::IODebugContext;
  Status NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSSequentialFile>* result, Context* context) override;
  Status NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* result, Context* context) override;
  Status NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* result, Context* context) override;
  Status ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                            std::unique_ptr<rocksdb::FSWritableFile>* result, Context* context) override;
  Status NewDirectory(const std::string& path, const Options& options, std::unique_ptr<rocksdb::FSDirectory>* result,
                      Context* context) override;
  Status FileExists(const std::string& path, const Options& options, Context* context) override;
  Status GetChildren(const std::string& path, const Options& options, std::vector<std::string>* result,
                     Context* context) override;
  Status DeleteFile(const std::string& path, const Options& options, Context* context) override;
  Status CreateDir(const std::string& path, const Options& options, Context* context) override;
  Status CreateDirIfMissing(const std::string& path, const Options& options, Context* context) override;
  Status DeleteDir(const std::string& path, const Options& options, Context* context) override;
  Status GetFileSize(const std::string& path, const Options& options, std::uint64_t* size, Context* context) override;
  Status GetFileModificationTime(const std::string& path, const Options& options, std::uint64_t* time,
                                 Context* context) override;
  Status RenameFile(const std::string& from, const std::string& to, const Options& options, Context* context) override;
  Status LockFile(const std::string& path, const Options& options, rocksdb::FileLock** lock, Context* context) override;
  Status UnlockFile(rocksdb::FileLock* lock, const Options& options, Context* context) override;
  Status GetTestDirectory(const Options& options, std::string* path, Context* context) override;
  Status GetAbsolutePath(const std::string& path, const Options& options, std::string* result,
                         Context* context) override;
  Status IsDirectory(const std::string& path, const Options& options, bool* is_directory, Context* context) override;

 private:
  friend class FakeFile;
  friend class FakeFolder;
  friend class FakeReader;
  struct Content {
    std::string data;
    std::size_t synced_size = 0;
    std::vector<std::pair<std::size_t, std::size_t>> lost;  // from, to: whose sync failed
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;
  struct NameChange {
    std::string path;
    std::shared_ptr<Content> content;  // nothing: the name is gone
  };

  Status begin_write() REQUIRES(mutex_);  // counts, and fails when it is time
  void change_name(const std::string& path, std::shared_ptr<Content> content) REQUIRES(mutex_);
  std::shared_ptr<Content> find(const std::string& path) const REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  Names names_ GUARDED_BY(mutex_);
  Names safe_names_ GUARDED_BY(mutex_);
  std::vector<NameChange> unsafe_changes_ GUARDED_BY(mutex_);  // in their order
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  std::uint64_t failing_from_ GUARDED_BY(mutex_) = 0;
  Fault fault_ GUARDED_BY(mutex_) = Fault::kNone;
  bool syncs_do_nothing_ GUARDED_BY(mutex_) = false;
};

// The disk for RocksDB. Where RocksDB sleeps before it tries a failing disk again, this goes on at once.
std::unique_ptr<rocksdb::Env> make_environment(const std::shared_ptr<FakeDisk>& disk);

}  // namespace glucoledger::ledger_store
