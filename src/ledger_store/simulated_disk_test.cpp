// The simulated disk, and the tests that it is as merciless as it should be.
#include "ledger_store/simulated_disk.h"

#include <gtest/gtest.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <cstring>

namespace glucoledger::ledger_store {

using Status = rocksdb::IOStatus;

namespace {

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

class SimulatedReader final : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  SimulatedReader(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Content> content)
      : disk_(disk), content_(std::move(content)) {}
  Status Read(std::size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
              rocksdb::IODebugContext* context) override {
    const Status status = Read(position_, size, options, result, scratch, context);
    position_ += result->size();
    return status;
  }
  Status Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result, char* scratch,
              rocksdb::IODebugContext*) const override {
    const base::MutexLock guard(disk_.mutex_);
    const std::size_t from = std::min<std::size_t>(offset, content_->data.size());
    const std::size_t count = std::min(size, content_->data.size() - from);
    std::memcpy(scratch, content_->data.data() + from, count);
    *result = rocksdb::Slice(scratch, count);
    return Status::OK();
  }
  Status Skip(std::uint64_t size) override {
    position_ += size;
    return Status::OK();
  }
  Status InvalidateCache(std::size_t, std::size_t) override { return Status::OK(); }
  bool use_direct_io() const override { return false; }
  std::size_t GetRequiredBufferAlignment() const override { return rocksdb::kDefaultPageSize; }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<SimulatedDisk::Content> content_;
  std::uint64_t position_ = 0;
};

class SimulatedFile final : public rocksdb::FSWritableFile {
 public:
  SimulatedFile(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Content> content)
      : disk_(disk), content_(std::move(content)) {}
  using FSWritableFile::Append;
  Status Append(const rocksdb::Slice& data, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    // A full disk takes a part before it says so.
    if (disk_.fault_ == SimulatedDisk::Fault::kFull && !status.ok())
      content_->data.append(data.data(), data.size() / 2);
    if (status.ok()) content_->data.append(data.data(), data.size());
    return status;
  }
  Status Truncate(std::uint64_t size, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    if (!status.ok()) return status;
    content_->data.resize(size);
    content_->synced_size = std::min<std::size_t>(content_->synced_size, size);
    return status;
  }
  Status Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    if (disk_.syncs_do_nothing_) return status;
    if (!status.ok() && disk_.fault_ == SimulatedDisk::Fault::kBroken) {
      content_->lost.emplace_back(content_->synced_size, content_->data.size());
    }
    if (status.ok() || disk_.fault_ == SimulatedDisk::Fault::kBroken) content_->synced_size = content_->data.size();
    return status;
  }
  Status Flush(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Status::OK(); }
  Status Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Status::OK(); }
  std::uint64_t GetFileSize(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    return content_->data.size();
  }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<SimulatedDisk::Content> content_;
};

class SimulatedFolder final : public rocksdb::FSDirectory {
 public:
  SimulatedFolder(SimulatedDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  Status Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    if (!status.ok()) return status;
    std::vector<SimulatedDisk::NameChange> others;
    for (SimulatedDisk::NameChange& change : disk_.unsafe_changes_) {
      if (folder_of(change.path) == path_) {
        disk_.safe_names_[change.path] = change.content;
      } else {
        others.push_back(std::move(change));
      }
    }
    disk_.unsafe_changes_ = std::move(others);
    return status;
  }

 private:
  SimulatedDisk& disk_;
  std::string path_;
};

void SimulatedDisk::fail_after(std::uint64_t operations, Fault fault) {
  const base::MutexLock guard(mutex_);
  failing_from_ = operations_ + operations;
  fault_ = fault;
}

void SimulatedDisk::let_syncs_do_nothing(bool on) {
  const base::MutexLock guard(mutex_);
  syncs_do_nothing_ = on;
}

std::uint64_t SimulatedDisk::operations() const {
  const base::MutexLock guard(mutex_);
  return operations_;
}

Status SimulatedDisk::begin_write() {
  ++operations_;
  if (fault_ == Fault::kNone || operations_ < failing_from_) return Status::OK();
  return fault_ == Fault::kFull ? Status::NoSpace("simulated") : Status::IOError("simulated");
}

void SimulatedDisk::change_name(const std::string& path, std::shared_ptr<Content> content) {
  if (content) {
    names_[path] = content;
  } else {
    names_.erase(path);
  }
  unsafe_changes_.push_back({path, std::move(content)});
}

std::shared_ptr<SimulatedDisk::Content> SimulatedDisk::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

void SimulatedDisk::restart(std::mt19937_64& random) {
  const base::MutexLock guard(mutex_);
  fault_ = Fault::kNone;
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const std::size_t kept_changes = below(unsafe_changes_.size() + 1);
  for (std::size_t i = 0; i < kept_changes; ++i) safe_names_[unsafe_changes_[i].path] = unsafe_changes_[i].content;
  unsafe_changes_.clear();
  std::erase_if(safe_names_, [](const auto& entry) { return entry.second == nullptr; });
  for (const auto& [path, content] : safe_names_) {
    std::string& data = content->data;
    const std::size_t synced = std::min(content->synced_size, data.size());
    data.resize(synced + below(data.size() - synced + 1));
    if (below(3) == 0) {  // the size reached the disk, a part of the data did not
      const std::size_t from = synced + below(data.size() - synced + 1);
      std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(from), below(data.size() - from + 1), '\0');
    }
    content->synced_size = data.size();
    for (const auto& [from, to] : content->lost) {
      std::fill(data.begin() + static_cast<std::ptrdiff_t>(std::min(from, data.size())),
                data.begin() + static_cast<std::ptrdiff_t>(std::min(to, data.size())), '\0');
    }
    content->lost.clear();
  }
  names_ = safe_names_;
}

int SimulatedDisk::damage(const std::string& suffix) {
  const base::MutexLock guard(mutex_);
  int count = 0;
  for (const auto& [path, content] : names_) {
    if (!path.ends_with(suffix) || content->data.empty()) continue;
    char& byte = content->data[content->data.size() / 4];
    byte = static_cast<char>(~byte);
    ++count;
  }
  return count;
}

Status SimulatedDisk::NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *result = std::make_unique<SimulatedReader>(*this, std::move(content));
  return Status::OK();
}

Status SimulatedDisk::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *result = std::make_unique<SimulatedReader>(*this, std::move(content));
  return Status::OK();
}

Status SimulatedDisk::NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  const Status status = begin_write();
  if (!status.ok()) return status;
  auto content = std::make_shared<Content>();
  change_name(path, content);
  *result = std::make_unique<SimulatedFile>(*this, std::move(content));
  return status;
}

Status SimulatedDisk::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* result, Context* context) {
  {
    const base::MutexLock guard(mutex_);
    if (auto content = find(path)) {
      *result = std::make_unique<SimulatedFile>(*this, std::move(content));
      return Status::OK();
    }
  }
  return NewWritableFile(path, options, result, context);
}

Status SimulatedDisk::NewDirectory(const std::string& path, const Options&,
                                   std::unique_ptr<rocksdb::FSDirectory>* result, Context*) {
  *result = std::make_unique<SimulatedFolder>(*this, without_slash(path));
  return Status::OK();
}

Status SimulatedDisk::FileExists(const std::string& path, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  return find(path) ? Status::OK() : Status::NotFound();
}

Status SimulatedDisk::GetChildren(const std::string& path, const Options&, std::vector<std::string>* result, Context*) {
  const base::MutexLock guard(mutex_);
  const std::string prefix = without_slash(path) + "/";
  result->clear();
  for (const auto& [name, content] : names_) {
    if (name.starts_with(prefix)) result->push_back(name.substr(prefix.size()));
  }
  return Status::OK();
}

Status SimulatedDisk::DeleteFile(const std::string& path, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  if (!find(path)) return Status::PathNotFound(path);
  const Status status = begin_write();
  if (status.ok()) change_name(path, nullptr);
  return status;
}

// The folders themselves are taken as there.
Status SimulatedDisk::CreateDir(const std::string&, const Options&, Context*) {
  return Status::OK();
}
Status SimulatedDisk::CreateDirIfMissing(const std::string&, const Options&, Context*) {
  return Status::OK();
}
Status SimulatedDisk::DeleteDir(const std::string&, const Options&, Context*) {
  return Status::OK();
}

Status SimulatedDisk::GetFileSize(const std::string& path, const Options&, std::uint64_t* size, Context*) {
  const base::MutexLock guard(mutex_);
  const auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *size = content->data.size();
  return Status::OK();
}

Status SimulatedDisk::GetFileModificationTime(const std::string&, const Options&, std::uint64_t* time, Context*) {
  *time = 0;
  return Status::OK();
}

Status SimulatedDisk::RenameFile(const std::string& from, const std::string& to, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  const auto content = find(from);
  if (!content) return Status::PathNotFound(from);
  const Status status = begin_write();
  if (!status.ok()) return status;
  change_name(to, content);
  change_name(from, nullptr);
  return status;
}

Status SimulatedDisk::LockFile(const std::string&, const Options&, rocksdb::FileLock** lock, Context*) {
  *lock = new rocksdb::FileLock;
  return Status::OK();
}

Status SimulatedDisk::UnlockFile(rocksdb::FileLock* lock, const Options&, Context*) {
  delete lock;
  return Status::OK();
}

Status SimulatedDisk::GetTestDirectory(const Options&, std::string* path, Context*) {
  *path = "/test";
  return Status::OK();
}

Status SimulatedDisk::GetAbsolutePath(const std::string& path, const Options&, std::string* result, Context*) {
  *result = path;
  return Status::OK();
}

Status SimulatedDisk::IsDirectory(const std::string& path, const Options&, bool* is_directory, Context*) {
  const base::MutexLock guard(mutex_);
  *is_directory = find(path) == nullptr;
  return Status::OK();
}

namespace {

class HurriedClock final : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "HurriedClock"; }
  void SleepForMicroseconds(int) override {}
};

class HurriedEnvironment final : public rocksdb::EnvWrapper {
 public:
  explicit HurriedEnvironment(std::unique_ptr<rocksdb::Env> base) : EnvWrapper(std::move(base)) {
    system_clock_ = std::make_shared<HurriedClock>(system_clock_);
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_environment(const std::shared_ptr<SimulatedDisk>& disk) {
  return std::make_unique<HurriedEnvironment>(rocksdb::NewCompositeEnv(disk));
}

namespace {

class SimulatedDiskTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& data, bool sync) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    ASSERT_TRUE(disk_.NewWritableFile(path, {}, &file, nullptr).ok());
    ASSERT_TRUE(file->Append(data, {}, nullptr).ok());
    if (sync) {
      ASSERT_TRUE(file->Sync({}, nullptr).ok());
    }
  }
  void sync_folder() {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    ASSERT_TRUE(disk_.NewDirectory("/d", {}, &folder, nullptr).ok());
    ASSERT_TRUE(folder->Fsync({}, nullptr).ok());
  }
  // 1 when the file is there, whole.
  int survivals(const std::string& path, std::uint64_t size) {
    std::uint64_t found = 0;
    return disk_.GetFileSize(path, {}, &found, nullptr).ok() && found == size ? 1 : 0;
  }
  SimulatedDisk disk_;
  std::mt19937_64 random_{1};
};

TEST_F(SimulatedDiskTest, KeepsWhatWasSynced) {
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/d/" + std::to_string(i);
    write(path, "content", true);
    sync_folder();
    disk_.restart(random_);
    EXPECT_EQ(survivals(path, 7), 1);
  }
}

TEST_F(SimulatedDiskTest, MayDropUnsyncedDataAndNames) {
  int unsynced_data = 0;
  int unsynced_name = 0;
  int unsynced_rename = 0;
  constexpr int kRounds = 100;
  for (int i = 0; i < kRounds; ++i) {
    const std::string path = "/d/" + std::to_string(i);
    write(path, "content", false);
    sync_folder();
    disk_.restart(random_);
    unsynced_data += survivals(path, 7);
    write(path + "n", "content", true);
    disk_.restart(random_);
    unsynced_name += survivals(path + "n", 7);
    write(path + "r", "content", true);
    sync_folder();
    ASSERT_TRUE(disk_.RenameFile(path + "r", path + "s", {}, nullptr).ok());
    disk_.restart(random_);
    EXPECT_TRUE(survivals(path + "r", 7) + survivals(path + "s", 7) >= 1);
    unsynced_rename += survivals(path + "s", 7);
  }
  for (const int survived : {unsynced_data, unsynced_name, unsynced_rename}) {
    EXPECT_GT(survived, 0);
    EXPECT_LT(survived, kRounds);
  }
}

TEST_F(SimulatedDiskTest, LosesWhatItFailedToSyncThoughALaterSyncSucceeds) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(disk_.NewWritableFile("/d/f", {}, &file, nullptr).ok());
  ASSERT_TRUE(file->Append("abcd", {}, nullptr).ok());
  disk_.fail_after(1, SimulatedDisk::Fault::kBroken);
  EXPECT_TRUE(file->Sync({}, nullptr).IsIOError());
  disk_.repair();
  ASSERT_TRUE(file->Append("efgh", {}, nullptr).ok());
  ASSERT_TRUE(file->Sync({}, nullptr).ok());
  sync_folder();
  disk_.restart(random_);
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  ASSERT_TRUE(disk_.NewSequentialFile("/d/f", {}, &reader, nullptr).ok());
  std::string scratch(8, 'x');
  rocksdb::Slice content;
  ASSERT_TRUE(reader->Read(8, {}, &content, scratch.data(), nullptr).ok());
  EXPECT_EQ(content.ToString(), std::string(4, '\0') + "efgh");
}

TEST_F(SimulatedDiskTest, FailsFromTheGivenCallOn) {
  disk_.fail_after(2, SimulatedDisk::Fault::kFull);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(disk_.NewWritableFile("/d/f", {}, &file, nullptr).ok());
  EXPECT_TRUE(file->Append("abcd", {}, nullptr).IsNoSpace());
  EXPECT_TRUE(file->Sync({}, nullptr).IsNoSpace());
  disk_.repair();
  EXPECT_TRUE(file->Append("abcd", {}, nullptr).ok());
}

}  // namespace
}  // namespace glucoledger::ledger_store
