#include "ledger_store/fake_disk.h"

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

class FakeReader final : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  FakeReader(FakeDisk& disk, std::shared_ptr<FakeDisk::Content> content) : disk_(disk), content_(std::move(content)) {}
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
  FakeDisk& disk_;
  std::shared_ptr<FakeDisk::Content> content_;
  std::uint64_t position_ = 0;
};

class FakeFile final : public rocksdb::FSWritableFile {
 public:
  FakeFile(FakeDisk& disk, std::shared_ptr<FakeDisk::Content> content) : disk_(disk), content_(std::move(content)) {}
  using FSWritableFile::Append;
  Status Append(const rocksdb::Slice& data, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    // A full disk takes a part before it says so.
    if (disk_.fault_ == FakeDisk::Fault::kFull && !status.ok()) content_->data.append(data.data(), data.size() / 2);
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
    if (!status.ok() && disk_.fault_ == FakeDisk::Fault::kBroken) {
      content_->lost.emplace_back(content_->synced_size, content_->data.size());
    }
    if (status.ok() || disk_.fault_ == FakeDisk::Fault::kBroken) content_->synced_size = content_->data.size();
    return status;
  }
  Status Flush(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Status::OK(); }
  Status Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return Status::OK(); }
  std::uint64_t GetFileSize(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    return content_->data.size();
  }

 private:
  FakeDisk& disk_;
  std::shared_ptr<FakeDisk::Content> content_;
};

class FakeFolder final : public rocksdb::FSDirectory {
 public:
  FakeFolder(FakeDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  Status Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const base::MutexLock guard(disk_.mutex_);
    const Status status = disk_.begin_write();
    if (!status.ok()) return status;
    std::vector<FakeDisk::NameChange> others;
    for (FakeDisk::NameChange& change : disk_.unsafe_changes_) {
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
  FakeDisk& disk_;
  std::string path_;
};

void FakeDisk::fail_after(std::uint64_t operations, Fault fault) {
  const base::MutexLock guard(mutex_);
  failing_from_ = operations_ + operations;
  fault_ = fault;
}

void FakeDisk::let_syncs_do_nothing(bool on) {
  const base::MutexLock guard(mutex_);
  syncs_do_nothing_ = on;
}

std::uint64_t FakeDisk::operations() const {
  const base::MutexLock guard(mutex_);
  return operations_;
}

Status FakeDisk::begin_write() {
  ++operations_;
  if (fault_ == Fault::kNone || operations_ < failing_from_) return Status::OK();
  return fault_ == Fault::kFull ? Status::NoSpace("simulated") : Status::IOError("simulated");
}

void FakeDisk::change_name(const std::string& path, std::shared_ptr<Content> content) {
  if (content) {
    names_[path] = content;
  } else {
    names_.erase(path);
  }
  unsafe_changes_.push_back({path, std::move(content)});
}

std::shared_ptr<FakeDisk::Content> FakeDisk::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

void FakeDisk::restart(std::mt19937_64& random) {
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

int FakeDisk::damage(const std::string& suffix) {
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

Status FakeDisk::NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                                   std::unique_ptr<rocksdb::FSSequentialFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *result = std::make_unique<FakeReader>(*this, std::move(content));
  return Status::OK();
}

Status FakeDisk::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                                     std::unique_ptr<rocksdb::FSRandomAccessFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *result = std::make_unique<FakeReader>(*this, std::move(content));
  return Status::OK();
}

Status FakeDisk::NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                 std::unique_ptr<rocksdb::FSWritableFile>* result, Context*) {
  const base::MutexLock guard(mutex_);
  const Status status = begin_write();
  if (!status.ok()) return status;
  auto content = std::make_shared<Content>();
  change_name(path, content);
  *result = std::make_unique<FakeFile>(*this, std::move(content));
  return status;
}

Status FakeDisk::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, Context* context) {
  {
    const base::MutexLock guard(mutex_);
    if (auto content = find(path)) {
      *result = std::make_unique<FakeFile>(*this, std::move(content));
      return Status::OK();
    }
  }
  return NewWritableFile(path, options, result, context);
}

Status FakeDisk::NewDirectory(const std::string& path, const Options&, std::unique_ptr<rocksdb::FSDirectory>* result,
                              Context*) {
  *result = std::make_unique<FakeFolder>(*this, without_slash(path));
  return Status::OK();
}

Status FakeDisk::FileExists(const std::string& path, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  return find(path) ? Status::OK() : Status::NotFound();
}

Status FakeDisk::GetChildren(const std::string& path, const Options&, std::vector<std::string>* result, Context*) {
  const base::MutexLock guard(mutex_);
  const std::string prefix = without_slash(path) + "/";
  result->clear();
  for (const auto& [name, content] : names_) {
    if (name.starts_with(prefix)) result->push_back(name.substr(prefix.size()));
  }
  return Status::OK();
}

Status FakeDisk::DeleteFile(const std::string& path, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  if (!find(path)) return Status::PathNotFound(path);
  const Status status = begin_write();
  if (status.ok()) change_name(path, nullptr);
  return status;
}

// The folders themselves are taken as there.
Status FakeDisk::CreateDir(const std::string&, const Options&, Context*) {
  return Status::OK();
}
Status FakeDisk::CreateDirIfMissing(const std::string&, const Options&, Context*) {
  return Status::OK();
}
Status FakeDisk::DeleteDir(const std::string&, const Options&, Context*) {
  return Status::OK();
}

Status FakeDisk::GetFileSize(const std::string& path, const Options&, std::uint64_t* size, Context*) {
  const base::MutexLock guard(mutex_);
  const auto content = find(path);
  if (!content) return Status::PathNotFound(path);
  *size = content->data.size();
  return Status::OK();
}

Status FakeDisk::GetFileModificationTime(const std::string&, const Options&, std::uint64_t* time, Context*) {
  *time = 0;
  return Status::OK();
}

Status FakeDisk::RenameFile(const std::string& from, const std::string& to, const Options&, Context*) {
  const base::MutexLock guard(mutex_);
  const auto content = find(from);
  if (!content) return Status::PathNotFound(from);
  const Status status = begin_write();
  if (!status.ok()) return status;
  change_name(to, content);
  change_name(from, nullptr);
  return status;
}

Status FakeDisk::LockFile(const std::string&, const Options&, rocksdb::FileLock** lock, Context*) {
  *lock = new rocksdb::FileLock;
  return Status::OK();
}

Status FakeDisk::UnlockFile(rocksdb::FileLock* lock, const Options&, Context*) {
  delete lock;
  return Status::OK();
}

Status FakeDisk::GetTestDirectory(const Options&, std::string* path, Context*) {
  *path = "/test";
  return Status::OK();
}

Status FakeDisk::GetAbsolutePath(const std::string& path, const Options&, std::string* result, Context*) {
  *result = path;
  return Status::OK();
}

Status FakeDisk::IsDirectory(const std::string& path, const Options&, bool* is_directory, Context*) {
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

std::unique_ptr<rocksdb::Env> make_environment(const std::shared_ptr<FakeDisk>& disk) {
  return std::make_unique<HurriedEnvironment>(rocksdb::NewCompositeEnv(disk));
}

}  // namespace glucoledger::ledger_store
