#include "storage/rocks_store.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <thread>

namespace glucoledger::storage {
namespace {

using ledger::Column;

const std::vector<std::string>& column_names() {
  static const std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName, "bodies", "indexes"};
  return names;
}

// RocksDB's own log: nobody reads it, and a reader must not write into another's folder.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

Error error_of(const rocksdb::Status& status, const std::string& what) {
  Error error{ErrorCode::kFailed, what + ": " + status.ToString(), ""};
  if (status.IsNoSpace() || error.message.find("No space left") != std::string::npos) {
    error.message = what + ": the disk is full";
    error.next_step = "free some space and repeat: nothing that was acknowledged is lost";
  } else if (error.message.find("Read-only file system") != std::string::npos) {
    error.message = what + ": the file system is read-only";
    error.next_step = "choose another folder, or remount it for writing";
  } else if (error.message.find("Permission denied") != std::string::npos) {
    error.next_step = "check who owns the folder and its permissions";
  } else if (status.IsCorruption()) {
    error.code = ErrorCode::kCorrupt;
    error.next_step = "restore the folder from a backup, or fetch the ledger anew from another node";
  } else if (status.IsIOError()) {
    error.next_step = "check the disk and repeat: nothing that was acknowledged is lost";
  }
  return error;
}

tl::unexpected<Error> failed(const rocksdb::Status& status, const std::string& what) {
  return tl::unexpected(error_of(status, what));
}

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

rocksdb::ColumnFamilyOptions family_options() {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = std::size_t{4} << 20;
  options.compression = rocksdb::kNoCompression;  // packed trits do not compress
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(std::size_t{4} << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(const std::vector<std::string>& names) {
  std::vector<rocksdb::ColumnFamilyDescriptor> result;
  const rocksdb::ColumnFamilyOptions options = family_options();
  for (const std::string& name : names) result.emplace_back(name, options);
  return result;
}

}  // namespace

RocksStore::RocksStore(std::string folder, Access access, rocksdb::Env* env)
    : folder_(std::move(folder)), access_(access), env_(env) {}

RocksStore::~RocksStore() {
  close();
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& folder, Access access, rocksdb::Env* env) {
  std::unique_ptr<RocksStore> store(new RocksStore(folder, access, env));
  GL_CHECK(store->open_database());
  return store;
}

void RocksStore::close() {
  if (!database_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) database_->DestroyColumnFamilyHandle(family);
  families_.clear();
  database_.reset();
}

rocksdb::Options RocksStore::options() const {
  rocksdb::Options options;
  options.env = env_;
  options.create_if_missing = access_ == Access::kWrite;
  options.create_missing_column_families = access_ == Access::kWrite;
  options.info_log = std::make_shared<SilentLogger>();
  options.max_background_jobs = 2;
  options.max_total_wal_size = std::uint64_t{8} << 20;
  options.db_write_buffer_size = std::size_t{8} << 20;
  options.avoid_flush_during_recovery = true;  // a short command would leave a small file each time
  options.keep_log_file_num = 1;
  options.max_manifest_file_size = std::uint64_t{1} << 20;
  options.paranoid_checks = true;
  return options;
}

// A newer version may have added families, and all of them have to be opened before its parameters can be read.
Result<std::vector<std::string>> RocksStore::family_names() const {
  std::vector<std::string> names = column_names();
  if (!env_->FileExists(folder_ + "/CURRENT").ok()) return names;
  std::vector<std::string> existing;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options(), folder_, &existing);
  if (!status.ok()) return failed(status, "cannot open the ledger's store");
  for (const std::string& name : existing) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

Result<void> RocksStore::open_database() {
  close();
  return access_ == Access::kWrite ? open_for_writing() : open_for_reading();
}

Result<void> RocksStore::open_for_writing() {
  GL_TRY(names, family_names());
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options(), folder_, descriptors(names), &families_, &database);
  if (!status.ok()) return failed(status, "cannot open the ledger's store");
  database_.reset(database);
  return flush_many_logs();
}

// Each opening begins a new log, and all are read at the next one until they are flushed.
Result<void> RocksStore::flush_many_logs() {
  constexpr std::ptrdiff_t kLogsMax = 8;
  std::vector<std::string> names;
  if (!env_->GetChildren(folder_, &names).ok()) return {};
  const auto is_log = [](const std::string& name) { return name.ends_with(".log"); };
  if (std::count_if(names.begin(), names.end(), is_log) <= kLogsMax) return {};
  const rocksdb::Status status = database_->Flush(rocksdb::FlushOptions(), families_);
  if (status.ok()) return {};
  close();
  return failed(status, "cannot write the ledger's store");
}

// A writer may flush between our look at its list of files and at its log, and what it moved meanwhile would be missed:
// opened is only what had the same files before and after.
Result<void> RocksStore::open_for_reading() {
  constexpr int kAttempts = 200;
  constexpr auto kPause = std::chrono::milliseconds(5);
  Error last{ErrorCode::kUnreachable, "the ledger's store changes too fast to be read", "repeat"};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!env_->FileExists(folder_ + "/CURRENT").ok()) {
      return fail(ErrorCode::kNotFound, "there is no ledger here yet", "check the folder");
    }
    const Fingerprint before = fingerprint();
    rocksdb::DB* database = nullptr;
    const rocksdb::Status status =
        rocksdb::DB::OpenForReadOnly(options(), folder_, descriptors(column_names()), &families_, &database);
    if (status.ok()) {
      database_.reset(database);
      if (fingerprint().structure == before.structure) {
        content_seen_ = before.content;
        return {};
      }
      close();
    } else {
      last = error_of(status, "cannot open the ledger's store");
    }
    std::this_thread::sleep_for(kPause);
  }
  return tl::unexpected(last);
}

RocksStore::Fingerprint RocksStore::fingerprint() const {
  std::vector<std::string> names;
  Fingerprint result;
  if (!env_->GetChildren(folder_, &names).ok()) return result;
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::uint64_t size = 0;
    const bool is_log = name.ends_with(".log");
    if (is_log || name.starts_with("MANIFEST-")) env_->GetFileSize(folder_ + "/" + name, &size).PermitUncheckedError();
    result.structure += name + "/" + (is_log ? "" : std::to_string(size)) + "\n";
    result.content += name + "/" + std::to_string(size) + "\n";
  }
  return result;
}

Result<void> RocksStore::refresh() {
  if (access_ == Access::kReadOnly && (!database_ || fingerprint().content != content_seen_)) return open_database();
  if (!database_) return open_database();
  return {};
}

Result<std::optional<std::string>> RocksStore::get(Column column, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), families_[static_cast<std::size_t>(column)], slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return failed(status, "cannot read the ledger's store");
  return value;
}

Result<void> RocksStore::scan(Column column, std::string_view prefix, const Visitor& visit) const {
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database_->NewIterator(rocksdb::ReadOptions(), families_[static_cast<std::size_t>(column)]));
  for (iterator->Seek(slice(prefix)); iterator->Valid(); iterator->Next()) {
    if (!iterator->key().starts_with(slice(prefix))) break;
    if (!visit(iterator->key().ToStringView(), iterator->value().ToStringView())) break;
  }
  if (!iterator->status().ok()) return failed(iterator->status(), "cannot read the ledger's store");
  return {};
}

Result<void> RocksStore::commit(const ledger::StateBatch& batch) {
  rocksdb::WriteBatch writes;
  for (std::size_t column = 0; column < ledger::kColumnCount; ++column) {
    for (const auto& [key, value] : batch.changes(static_cast<Column>(column))) {
      if (value) {
        writes.Put(families_[column], slice(key), slice(*value));
      } else {
        writes.Delete(families_[column], slice(key));
      }
    }
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = database_->Write(options, &writes);
  if (status.ok()) return {};
  close();
  return failed(status, "cannot write the ledger's store");
}

}  // namespace glucoledger::storage
