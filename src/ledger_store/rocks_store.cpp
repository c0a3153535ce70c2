#include "ledger_store/rocks_store.h"

#include <rocksdb/perf_level.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include "ledger_store/log_check.h"
#include "ledger_store/rocks_options.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::Column;

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
  } else if (status.IsPathNotFound()) {
    error = {ErrorCode::kUnreachable, "another process pruned what was being read", "repeat"};
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

Error no_ledger() {
  return {ErrorCode::kNotFound, "there is no ledger in this folder", "check the folder"};
}

// RocksDB would wait for whoever writes into a pipe that stands in the place of a file. The folder may be of others.
Result<void> check_files(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error) || entry.is_directory(error)) continue;
    return fail(ErrorCode::kInputRefused, entry.path().string() + " is no plain file, as in a ledger's folder all are",
                "name another folder, or ask for another invitation");
  }
  if (error != std::errc::permission_denied) return {};
  return fail(ErrorCode::kFailed, "the ledger's folder " + folder + " cannot be read: Permission denied",
              "check who owns it and its permissions");
}

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

// Behind all keys that begin with the prefix; empty where there is no end.
std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

class RocksView final : public ledger::StateReader {
 public:
  RocksView(base::SharedHold use, rocksdb::DB& database, const std::vector<rocksdb::ColumnFamilyHandle*>& families)
      : use_(std::move(use)), database_(database), families_(families), snapshot_(database.GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  RocksView(const RocksView&) = delete;
  RocksView& operator=(const RocksView&) = delete;
  ~RocksView() override { database_.ReleaseSnapshot(snapshot_); }

  Result<std::optional<std::string>> get(Column column, std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = database_.Get(options_, family(column), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return failed(status, "cannot read the ledger's store");
    return value;
  }

  Result<void> scan(Column column, std::string_view prefix, const Visitor& visit) const override {
    return scan_from(column, prefix, prefix, visit);
  }

  Result<void> scan_from(Column column, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const override {
    const std::string end = end_of(prefix);
    const rocksdb::Slice bound(end);
    rocksdb::ReadOptions options = options_;
    if (!end.empty()) options.iterate_upper_bound = &bound;  // else it passes over all that was erased behind it
    const std::unique_ptr<rocksdb::Iterator> iterator(database_.NewIterator(options, family(column)));
    for (iterator->Seek(slice(from)); iterator->Valid(); iterator->Next()) {
      if (!iterator->key().starts_with(slice(prefix))) break;
      if (!visit(iterator->key().ToStringView(), iterator->value().ToStringView())) break;
    }
    if (!iterator->status().ok()) return failed(iterator->status(), "cannot read the ledger's store");
    return {};
  }

 private:
  rocksdb::ColumnFamilyHandle* family(Column column) const { return families_[static_cast<std::size_t>(column)]; }

  base::SharedHold use_;  // released last
  rocksdb::DB& database_;
  const std::vector<rocksdb::ColumnFamilyHandle*>& families_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
};

}  // namespace

RocksStore::RocksStore(std::string folder, Access access, rocksdb::Env* env)
    : folder_(std::move(folder)), access_(access), env_(env) {}

RocksStore::~RocksStore() {
  close();
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& folder, Access access, rocksdb::Env* env) {
  GL_CHECK(check_files(folder));
  std::unique_ptr<RocksStore> store(new RocksStore(folder, access, env));
  const auto opened = store->use(Use::kCommit);
  if (opened) return store;
  if (access == Access::kReadOnly || opened.error().code != ErrorCode::kFailed) return tl::unexpected(opened.error());
  if (!store->use(Use::kRead)) return tl::unexpected(opened.error());  // none was made yet
  return store;
}

void RocksStore::close() {
  if (!database_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) database_->DestroyColumnFamilyHandle(family);
  families_.clear();
  database_.reset();
}

// A newer version may have added families, and all of them have to be opened before its parameters can be read.
Result<std::vector<std::string>> RocksStore::family_names() const {
  std::vector<std::string> names = family_names_of_columns();
  if (!env_->FileExists(folder_ + "/CURRENT").ok()) return names;
  std::vector<std::string> existing;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(database_options(false, env_), folder_, &existing);
  if (!status.ok()) return failed(status, "cannot open the ledger's store");
  for (const std::string& name : existing) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

Result<void> RocksStore::open_database(Use use) {
  close();
  only_readable_ = access_ == Access::kReadOnly;
  if (only_readable_) return open_for_reading();
  auto opened = open_for_writing();
  if (opened || use == Use::kCommit || opened.error().code == ErrorCode::kCorrupt) return opened;
  only_readable_ = true;
  return open_for_reading();
}

Result<void> RocksStore::open_for_writing() {
  GL_CHECK(check_logs(*env_, folder_, true));
  GL_TRY(names, family_names());
  if (!write_failed_) GL_CHECK(sync_logs());
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(true, env_), folder_, family_descriptors(names), &families_, &database);
  if (!status.ok()) return failed(status, "cannot open the ledger's store");
  database_.reset(database);
  constexpr std::size_t kLogsMax = 8;  // each opening begins a new one, and all are read at the next one
  if (write_failed_ || log_names(*env_, folder_).size() > kLogsMax) GL_CHECK(flush_logs());
  write_failed_ = false;
  return {};
}

// A process that was killed between writing and syncing left what only the system's memory holds. It is shown from now
// on, and who submits it again is told that it is here: so it has to be on disk first.
Result<void> RocksStore::sync_logs() {
  for (const std::string& name : log_names(*env_, folder_)) {
    const rocksdb::Status status = sync_file(*env_, folder_ + "/" + name);
    if (!status.ok()) return failed(status, "cannot write the ledger's store");
  }
  return {};
}

// After a failed sync the system may take for written what is not: what the logs hold is written anew, as tables.
Result<void> RocksStore::flush_logs() {
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
      const auto checked = check_logs(*env_, folder_, false);
      if (env_->FileExists(folder_ + "/CURRENT").ok()) continue;  // a writer has just made it
      GL_CHECK(checked);
      return tl::unexpected(no_ledger());
    }
    const Fingerprint before = fingerprint();
    if (!were_logs_checked_) {
      const auto checked = check_logs(*env_, folder_, false);
      if (!checked && fingerprint().content == before.content) return tl::unexpected(checked.error());
      if (!checked) {  // or a writer was at work
        last = checked.error();
        std::this_thread::sleep_for(kPause);
        continue;
      }
      were_logs_checked_ = true;
    }
    rocksdb::DB* database = nullptr;
    const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
        database_options(false, env_), folder_, family_descriptors(family_names_of_columns()), &families_, &database);
    if (status.ok()) {
      database_.reset(database);
      if (fingerprint().structure == before.structure) {
        content_seen_ = before.content;
        return {};
      }
      close();
    } else if (status.IsInvalidArgument() && status.ToString().find("Column family not found") != std::string::npos) {
      return tl::unexpected(no_ledger());  // whoever was making it did not come to an end
    } else {
      last = error_of(status, "cannot open the ledger's store");
      if (status.IsCorruption() && fingerprint().content == before.content) return tl::unexpected(last);
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

bool RocksStore::is_current(Use use) const {
  if (!database_) return false;
  if (access_ == Access::kWrite) return use == Use::kRead || !only_readable_;
  return fingerprint().content == content_seen_;
}

std::optional<base::SharedHold> RocksStore::use_as_it_is(Use use) {
  base::SharedHold hold(use_);
  hold.check(use_);
  if (!is_current(use)) return std::nullopt;
  return hold;
}

Result<base::SharedHold> RocksStore::use(Use use) {
  const base::MutexLock entry(entry_);
  if (auto hold = use_as_it_is(use)) return std::move(*hold);
  {
    const base::ExclusiveLock alone(use_);
    GL_CHECK(open_database(use));
  }
  return base::SharedHold(use_);  // no other may open or close it while we hold the entry
}

Result<Store::View> RocksStore::view() {
  return view(Use::kRead);
}

Result<Store::View> RocksStore::view_for_commit() {
  return view(Use::kCommit);
}

Result<Store::View> RocksStore::view(Use use_of_it) {
  GL_TRY(hold, use(use_of_it));
  hold.check(use_);
  return std::make_unique<const RocksView>(std::move(hold), *database_, families_);
}

Result<RocksStore::Written> RocksStore::written(Column column) {
  GL_TRY(hold, use(Use::kRead));
  hold.check(use_);
  std::map<std::string, std::string> statistics;
  database_->GetMapProperty(families_[static_cast<std::size_t>(column)], rocksdb::DB::Properties::kCFStats,
                            &statistics);
  constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
  const auto bytes = [&](const std::string& level) {  // to tables and to files of bodies
    const std::string prefix = "compaction." + level + ".";
    return kGiB * (std::strtod(statistics[prefix + "WriteGB"].c_str(), nullptr) +
                   std::strtod(statistics[prefix + "WblobGB"].c_str(), nullptr));
  };
  Written written;
  written.flushed = bytes("L0");
  written.rewritten = bytes("Sum") - written.flushed;
  return written;
}

Result<rocksdb::Status> RocksStore::write(const ledger::StateBatch& batch) {
  GL_TRY(hold, use(Use::kCommit));
  hold.check(use_);
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread; nobody reads what it would count
  rocksdb::WriteBatch writes;
  for (std::size_t column = 0; column < ledger::kColumnCount; ++column) {
    for (const auto& [key, value] : batch.changes(static_cast<Column>(column))) {
      const rocksdb::Status status = value ? writes.Put(families_[column], slice(key), slice(*value))
                                           : writes.Delete(families_[column], slice(key));
      if (!status.ok()) return failed(status, "cannot write the ledger's store");
    }
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  return database_->Write(options, &writes);
}

Result<void> RocksStore::commit(const ledger::StateBatch& batch) {
  GL_TRY(status, write(batch));
  if (status.ok()) return {};
  const base::MutexLock entry(entry_);
  const base::ExclusiveLock alone(use_);
  close();
  write_failed_ = true;
  return failed(status, "cannot write the ledger's store");
}

// What is merged are the tables that tell where bodies are; a file whose bodies are all erased goes with that.
Result<void> RocksStore::reclaim() {
  GL_TRY(hold, use(Use::kCommit));
  hold.check(use_);
  rocksdb::ColumnFamilyHandle* bodies = families_[static_cast<std::size_t>(Column::kBodies)];
  rocksdb::Status status = database_->Flush(rocksdb::FlushOptions(), families_);
  if (status.ok()) status = database_->CompactRange(rocksdb::CompactRangeOptions(), bodies, nullptr, nullptr);
  if (!status.ok()) return failed(status, "cannot write the ledger's store");
  return {};
}

}  // namespace glucoledger::ledger_store
