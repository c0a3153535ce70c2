#include "sqlite/unsynced_vfs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::sqlite {
namespace {

constexpr std::int64_t kSectorSize = 512;

// A write that no sync has covered yet; without `bytes` a truncation to `offset`.
struct Change {
  std::int64_t offset = 0;
  std::optional<Bytes> bytes;
};

void write_into(Bytes& content, std::int64_t offset, ByteView bytes) {
  const auto start = static_cast<std::size_t>(offset);
  if (content.size() < start + bytes.size()) content.resize(start + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + offset);
}

// What the disk made of one change when the power failed.
void apply_by_chance(Bytes& content, const Change& change, std::mt19937_64& random) {
  if (!change.bytes) {
    if (random() % 2 == 0) content.resize(std::min(content.size(), static_cast<std::size_t>(change.offset)));
    return;
  }
  ByteView rest = *change.bytes;
  for (std::int64_t offset = change.offset; !rest.empty();) {
    const auto in_sector = static_cast<std::size_t>(kSectorSize - offset % kSectorSize);
    const ByteView part = rest.first(std::min(rest.size(), in_sector));
    const auto fate = random() % 5;  // 0, 1: kept; 2, 3: dropped; 4: torn
    if (fate <= 1) write_into(content, offset, part);
    if (fate == 4) write_into(content, offset, part.first(random() % part.size()));
    offset += static_cast<std::int64_t>(part.size());
    rest = rest.subspan(part.size());
  }
}

// A file as the disk has it for sure, and what happened since.
struct Inode {
  Bytes durable;
  bool exists_durably = false;
  bool exists = false;
  std::vector<Change> changes;
  int open_handles = 0;
  std::string path;

  void sync() {
    for (const auto& change : changes) {
      if (change.bytes) {
        write_into(durable, change.offset, *change.bytes);
      } else {
        durable.resize(std::min(durable.size(), static_cast<std::size_t>(change.offset)));
      }
    }
    changes.clear();
    exists_durably = exists;
  }
  void sync_entry() {
    exists_durably = exists;
    if (exists) return;
    durable.clear();
    changes.clear();
  }
  // As it is on the real disk now, where everything counts as synced.
  void load() {
    std::ifstream file(path, std::ios::binary);
    exists = exists_durably = file.is_open();
    durable.resize(exists ? std::filesystem::file_size(path) : 0);
    file.read(reinterpret_cast<char*>(durable.data()), static_cast<std::streamsize>(durable.size()));
    GL_ASSERT(!exists || file.good());
    changes.clear();
  }
  void save(std::mt19937_64& random) const {
    const bool survives = exists == exists_durably ? exists : random() % 2 == 0;
    if (!survives) {
      std::filesystem::remove(path);
      return;
    }
    Bytes content = durable;
    for (const auto& change : changes) apply_by_chance(content, change, random);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    GL_ASSERT(file.good());
  }
};

}  // namespace

struct UnsyncedVfs::Disk {
  base::Mutex mutex;
  std::map<std::string, Inode> inodes GUARDED_BY(mutex);
  std::uint64_t operations GUARDED_BY(mutex) = 0;
  std::uint64_t syncs GUARDED_BY(mutex) = 0;
  std::optional<std::uint64_t> cut_at GUARDED_BY(mutex);
  bool power_on GUARDED_BY(mutex) = true;
  int open_handles GUARDED_BY(mutex) = 0;

  // Counts an operation; false: no power for it.
  bool begin_operation() REQUIRES(mutex) {
    if (power_on && cut_at && operations + 1 >= *cut_at) power_on = false;
    if (power_on) ++operations;
    return power_on;
  }

  // As SQLite does at the first sync of a new journal: what was created and deleted beside it is then sure as well.
  void sync_folder_of(const Inode& file) REQUIRES(mutex) {
    const auto folder = std::filesystem::path(file.path).parent_path();
    for (auto& [path, inode] : inodes) {
      if (std::filesystem::path(path).parent_path() == folder) inode.sync_entry();
    }
  }
};

// SQLite gives us the room for it, and for the real file behind it.
struct UnsyncedVfs::File {
  sqlite3_file base;
  Disk* disk;
  Inode* inode PT_GUARDED_BY(disk->mutex);  // nullptr: a temporary file, of no interest after a power cut

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

struct UnsyncedVfsMethods {
  using File = UnsyncedVfs::File;
  using Lock = base::MutexLock;

  static File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return self(file)->real(); }
  static UnsyncedVfs* self(sqlite3_vfs* vfs) { return static_cast<UnsyncedVfs*>(vfs->pAppData); }
  static sqlite3_vfs* real(sqlite3_vfs* vfs) { return self(vfs)->real_; }
  static bool has_power(sqlite3_file* file) {
    UnsyncedVfs::Disk& disk = *self(file)->disk;
    const Lock lock(disk.mutex);
    return disk.power_on;
  }

  static int close(sqlite3_file* file) {
    File& closed = *self(file);
    const Lock lock(closed.disk->mutex);
    --closed.disk->open_handles;
    if (closed.inode != nullptr) --closed.inode->open_handles;
    return real(file)->pMethods->xClose(real(file));
  }
  static int read(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset) {
    if (!has_power(file)) return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), buffer, size, offset);
  }
  static int write(sqlite3_file* file, const void* buffer, int size, sqlite3_int64 offset) {
    File& written = *self(file);
    const Lock lock(written.disk->mutex);
    if (written.inode == nullptr) return real(file)->pMethods->xWrite(real(file), buffer, size, offset);
    const auto* bytes = static_cast<const std::uint8_t*>(buffer);
    const bool was_on = written.disk->power_on;
    const bool on = written.disk->begin_operation();
    // The write that the power fails in may have reached the disk, or part of it.
    if (was_on) written.inode->changes.push_back({offset, Bytes(bytes, bytes + size)});
    return on ? real(file)->pMethods->xWrite(real(file), buffer, size, offset) : SQLITE_IOERR_WRITE;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& truncated = *self(file);
    const Lock lock(truncated.disk->mutex);
    if (truncated.inode != nullptr) {
      if (!truncated.disk->begin_operation()) return SQLITE_IOERR_TRUNCATE;
      truncated.inode->changes.push_back({size, std::nullopt});
    }
    return real(file)->pMethods->xTruncate(real(file), size);
  }
  static int sync(sqlite3_file* file, int) {
    File& synced = *self(file);
    const Lock lock(synced.disk->mutex);
    if (synced.inode == nullptr) return SQLITE_OK;
    if (!synced.disk->begin_operation()) return SQLITE_IOERR_FSYNC;
    ++synced.disk->syncs;
    if (!synced.inode->exists_durably) synced.disk->sync_folder_of(*synced.inode);
    synced.inode->sync();
    return SQLITE_OK;  // the real disk keeps its power
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (!has_power(file)) return SQLITE_IOERR_FSTAT;
    return real(file)->pMethods->xFileSize(real(file), size);
  }
  static int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
  static int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
  static int check_reserved_lock(sqlite3_file* file, int* result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
  }
  static int file_control(sqlite3_file* file, int operation, void* argument) {
    // A size hint would grow the real file behind our back.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
  }
  static int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
  static int device_characteristics(sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
  }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
  static int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }
  // Version 2: without xFetch, so that SQLite does not map the file into memory.
  static constexpr sqlite3_io_methods kFileMethods = {2,
                                                      close,
                                                      read,
                                                      write,
                                                      truncate,
                                                      sync,
                                                      file_size,
                                                      lock,
                                                      unlock,
                                                      check_reserved_lock,
                                                      file_control,
                                                      sector_size,
                                                      device_characteristics,
                                                      shm_map,
                                                      shm_lock,
                                                      shm_barrier,
                                                      shm_unmap,
                                                      nullptr,
                                                      nullptr};

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& disk = *self(vfs)->disk_;
    const Lock lock(disk.mutex);
    file->pMethods = nullptr;
    if (!disk.power_on) return SQLITE_CANTOPEN;
    Inode* inode = nullptr;
    if (name != nullptr) {
      inode = &disk.inodes[name];
      inode->path = name;
      if (inode->open_handles == 0 && inode->changes.empty() && inode->exists == inode->exists_durably) inode->load();
    }
    File& opened = *self(file);
    opened.disk = &disk;
    opened.inode = inode;
    const int code = real(vfs)->xOpen(real(vfs), name, opened.real(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    ++disk.open_handles;
    if (inode != nullptr) {
      inode->exists = true;
      ++inode->open_handles;
    }
    file->pMethods = &kFileMethods;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    auto& disk = *self(vfs)->disk_;
    const Lock lock(disk.mutex);
    if (!disk.begin_operation()) return SQLITE_IOERR_DELETE;
    if (const auto found = disk.inodes.find(name); found != disk.inodes.end()) {
      found->second.exists = false;
      if (sync_folder != 0) found->second.sync_entry();
    }
    return real(vfs)->xDelete(real(vfs), name, 0);
  }
  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    return real(vfs)->xAccess(real(vfs), name, flags, result);
  }
  static int full_pathname(sqlite3_vfs* vfs, const char* name, int size, char* out) {
    return real(vfs)->xFullPathname(real(vfs), name, size, out);
  }
  static int randomness(sqlite3_vfs* vfs, int size, char* out) { return real(vfs)->xRandomness(real(vfs), size, out); }
  static int sleep(sqlite3_vfs* vfs, int microseconds) { return real(vfs)->xSleep(real(vfs), microseconds); }
  static int current_time(sqlite3_vfs* vfs, double* out) { return real(vfs)->xCurrentTime(real(vfs), out); }
  static int get_last_error(sqlite3_vfs* vfs, int size, char* out) {
    return real(vfs)->xGetLastError(real(vfs), size, out);
  }
  static int current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
    return real(vfs)->xCurrentTimeInt64(real(vfs), out);
  }
};

UnsyncedVfs::UnsyncedVfs(std::string name)
    : name_(std::move(name)), real_(sqlite3_vfs_find(nullptr)), disk_(std::make_unique<Disk>()) {
  using Methods = UnsyncedVfsMethods;
  GL_ASSERT(real_ != nullptr && real_->iVersion >= 2);
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.mxPathname = real_->mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Methods::open;
  vfs_.xDelete = Methods::remove;
  vfs_.xAccess = Methods::access;
  vfs_.xFullPathname = Methods::full_pathname;
  vfs_.xRandomness = Methods::randomness;
  vfs_.xSleep = Methods::sleep;
  vfs_.xCurrentTime = Methods::current_time;
  vfs_.xGetLastError = Methods::get_last_error;
  vfs_.xCurrentTimeInt64 = Methods::current_time_ms;
  GL_ASSERT(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
}

UnsyncedVfs::~UnsyncedVfs() {
  GL_ASSERT(disk_->open_handles == 0);
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

std::uint64_t UnsyncedVfs::operations() const {
  const base::MutexLock lock(disk_->mutex);
  return disk_->operations;
}

std::uint64_t UnsyncedVfs::syncs() const {
  const base::MutexLock lock(disk_->mutex);
  return disk_->syncs;
}

void UnsyncedVfs::cut_power() {
  const base::MutexLock lock(disk_->mutex);
  disk_->power_on = false;
}

void UnsyncedVfs::cut_power_at(std::uint64_t operation) {
  const base::MutexLock lock(disk_->mutex);
  disk_->cut_at = operation;
}

bool UnsyncedVfs::is_power_on() const {
  const base::MutexLock lock(disk_->mutex);
  return disk_->power_on;
}

void UnsyncedVfs::restore_power(std::uint64_t seed) {
  const base::MutexLock lock(disk_->mutex);
  GL_ASSERT(disk_->open_handles == 0);
  std::mt19937_64 random(seed);
  for (const auto& [path, inode] : disk_->inodes) {
    inode.save(random);
    std::filesystem::remove(path + "-shm");
  }
  disk_->inodes.clear();
  disk_->cut_at.reset();
  disk_->power_on = true;
}

}  // namespace glucoledger::sqlite
