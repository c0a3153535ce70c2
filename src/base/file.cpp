#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/declassify.h"
#include "base/limits.h"
#include "base/random.h"

namespace glucoledger::base {

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

namespace {

Result<void> read_all(int descriptor, std::span<std::uint8_t> buffer, std::size_t size_max, std::string_view name,
                      auto&& append) {
  std::size_t total = 0;
  while (true) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0) return tl::unexpected(system_error("cannot read " + std::string(name)));
    if (count == 0) return {};
    total += static_cast<std::size_t>(count);
    if (total > size_max) {
      return fail(ErrorCode::kInputRefused,
                  std::string(name) + " is larger than the limit of " + std::to_string(size_max) + " bytes");
    }
    append(buffer.data(), static_cast<std::size_t>(count));
  }
}

enum class Wanted { kAnyFile, kPlainFile };

Result<Descriptor> open_for_reading(const std::filesystem::path& path, Wanted wanted = Wanted::kAnyFile) {
  const int flags = wanted == Wanted::kPlainFile ? O_NONBLOCK : 0;
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (descriptor.value() < 0) return tl::unexpected(system_error("cannot open " + path.string()));
  struct stat status {};
  if (::fstat(descriptor.value(), &status) != 0) return descriptor;
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kInputRefused, path.string() + " is a folder, not a file");
  if (wanted == Wanted::kPlainFile && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInputRefused, path.string() + " is no plain file");
  }
  return descriptor;
}

Result<Descriptor> open_for_reading_or_standard_input(const std::filesystem::path& path) {
  return path == "-" ? Result<Descriptor>(Descriptor(STDIN_FILENO)) : open_for_reading(path);
}

Result<std::string> content_of(const Descriptor& file, std::size_t size_max, std::string_view name) {
  std::array<std::uint8_t, 1 << 16> buffer;
  std::string content;
  GL_CHECK(read_all(file.value(), buffer, size_max, name, [&](const std::uint8_t* data, std::size_t size) {
    content.append(reinterpret_cast<const char*>(data), size);
  }));
  return content;
}

Error exists_already(const std::filesystem::path& path) {
  return {ErrorCode::kInputRefused, path.string() + " exists already", "choose another name, or remove it"};
}

// Whoever may write to a folder may rename what others wrote there, but where it has the sticky bit.
Result<void> check_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return tl::unexpected(system_error("cannot write " + path.string()));
  if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return {};
  return fail(ErrorCode::kNotAllowed, "in " + folder.string() + " everyone may put other files in place of ours",
              "choose a folder of your own, or take that right from others: chmod o-w " + folder.string());
}

}  // namespace

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.value() < 0 || ::fsync(descriptor.value()) != 0) {
    return tl::unexpected(system_error("cannot sync the folder " + folder.string()));
  }
  return {};
}

Error system_error(std::string_view what) {
  const int number = errno;
  Error error{ErrorCode::kFailed, std::string(what) + ": " + std::generic_category().message(number), ""};
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      error.code = ErrorCode::kNotFound;
      error.next_step = "check the path";
      break;
    case EINTR:  // only what waits for others gets it: input that does not come, a pipe that nobody reads
      return {ErrorCode::kInterrupted, "stopped while it waited for input", ""};
    case EFBIG:
      error.next_step = "allow larger files (ulimit -f) and repeat: nothing was lost";
      break;
    case ENOSPC:
    case EDQUOT:
      error.next_step = "free some space and repeat: nothing was lost";
      break;
    case EROFS:
      error.next_step = "the file system is read-only: choose another folder, or remount it for writing";
      break;
    case EACCES:
    case EPERM:
      error.next_step = "check who owns it and its permissions";
      break;
    default:
      break;
  }
  return error;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t size_max) {
  GL_TRY(file, open_for_reading_or_standard_input(path));
  return content_of(file, size_max, path == "-" ? "standard input" : path.string());
}

Result<std::string> read_plain_file(const std::filesystem::path& path, std::size_t size_max) {
  GL_TRY(file, open_for_reading(path, Wanted::kPlainFile));
  return content_of(file, size_max, path.string());
}

Result<SecretBytes> read_secret_file(const std::filesystem::path& path) {
  constexpr std::size_t kSizeMax = limits::kSecretFileSizeMax;
  GL_TRY(file, open_for_reading_or_standard_input(path));
  SecretBytes buffer(kSizeMax);
  Bytes content;
  content.reserve(kSizeMax + 1);  // never reallocated, so no copy is left behind
  const auto read = read_all(
      file.value(), std::span(buffer.data(), buffer.size()), kSizeMax, path == "-" ? "standard input" : path.string(),
      [&](const std::uint8_t* data, std::size_t size) { content.insert(content.end(), data, data + size); });
  if (!content.empty() && declassified(content.back() == '\n')) content.pop_back();
  SecretBytes secret(std::move(content));
  if (!read) return tl::unexpected(read.error());
  return secret;
}

Result<void> write_file_atomic(const std::filesystem::path& path, ByteView content, unsigned mode) {
  const auto same = [&](const std::filesystem::path&) { return Bytes(content.begin(), content.end()); };
  return write_file_atomic(path, same, mode);
}

Result<void> write_file_atomic(const std::filesystem::path& path, const ContentOfFile& content, unsigned mode) {
  GL_TRY(file, FileBeside::create(path, mode));
  if (!write_all(file.descriptor(), content(file.path()))) {
    return tl::unexpected(system_error("cannot write " + path.string()));
  }
  return file.replace();
}

Result<void> write_new_file(const std::filesystem::path& path, ByteView content, unsigned mode) {
  GL_TRY(file, FileBeside::create_new(path, mode));
  if (!write_all(file.descriptor(), content)) return tl::unexpected(system_error("cannot write " + path.string()));
  return file.place();
}

Result<FileBeside> FileBeside::create(const std::filesystem::path& place, unsigned mode) {
  GL_CHECK(check_folder_of(place));
  constexpr std::size_t kSuffixSize = 8;
  const std::filesystem::path path = place.string() + ".new-" + hex_encode(random_bytes(kSuffixSize));
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (descriptor.value() < 0) return tl::unexpected(system_error("cannot write " + place.string()));
  return FileBeside(std::move(descriptor), place, path);
}

Result<FileBeside> FileBeside::create_new(const std::filesystem::path& place, unsigned mode) {
  std::error_code ignored;
  if (std::filesystem::exists(place, ignored)) return tl::unexpected(exists_already(place));
  return create(place, mode);
}

FileBeside::~FileBeside() {
  if (descriptor_.value() >= 0) ::unlink(path_.c_str());
}

Result<void> FileBeside::sync() const {
  if (::fsync(descriptor()) == 0) return {};
  return tl::unexpected(system_error("cannot sync " + place_.string()));
}

Result<void> FileBeside::replace() {
  GL_CHECK(sync());
  if (::rename(path_.c_str(), place_.c_str()) != 0) {
    return tl::unexpected(system_error("cannot write " + place_.string()));
  }
  descriptor_ = Descriptor();
  return sync_folder(place_.parent_path());
}

Result<void> FileBeside::place() {
  GL_CHECK(sync());
  int failed = ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place_.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && errno == EINVAL) {  // some network file systems know only this; FAT knows only the first
    failed = ::link(path_.c_str(), place_.c_str());
    if (failed == 0) ::unlink(path_.c_str());
  }
  if (failed != 0) {
    if (errno == EEXIST) return tl::unexpected(exists_already(place_));
    return tl::unexpected(system_error("cannot create " + place_.string()));
  }
  descriptor_ = Descriptor();
  return sync_folder(place_.parent_path());
}

Result<void> make_folder(const std::filesystem::path& path, unsigned mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (path.has_parent_path() && !std::filesystem::is_directory(path.parent_path(), error)) {
    GL_CHECK(make_folder(path.parent_path(), mode));
  }
  if (::mkdir(path.c_str(), mode) != 0) {
    const bool is_taken = errno == EEXIST;
    Error failed = system_error("cannot create the folder " + path.string());
    if (!is_taken || !std::filesystem::is_directory(path, error)) {
      // It cannot be there, and is not something that was looked for.
      if (is_taken || failed.code == ErrorCode::kNotFound) failed.code = ErrorCode::kUsage;
      return tl::unexpected(std::move(failed));
    }
  }
  return sync_folder(path.parent_path());
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, std::int64_t wait_ms, const CancelToken& cancel,
                                   Mode mode, const Clock& clock) {
  const int operation = (mode == Mode::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  FileLock lock{Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600))};
  if (lock.descriptor_.value() < 0 && errno == EACCES) {  // to lock it, reading is enough
    lock = FileLock{Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
    if (lock.descriptor_.value() < 0) errno = EACCES;  // also where it would have had to be made
  }
  const int descriptor = lock.descriptor_.value();
  if (descriptor < 0) return tl::unexpected(system_error("cannot open the lock " + path.string()));
  constexpr std::int64_t kStepMs = 20;
  const std::int64_t end_ms = clock.steady_ms() + wait_ms;
  while (::flock(descriptor, operation) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return tl::unexpected(system_error("cannot lock " + path.string()));
    const std::int64_t left_ms = end_ms - clock.steady_ms();
    if (left_ms <= 0) {
      const auto locked = path.extension() == ".lock" ? std::filesystem::path(path).replace_extension()
                                                      : path.parent_path();  // of a folder it is the file "lock"
      return fail(ErrorCode::kBusy, "another process is using " + locked.string(),
                  "wait for it to end, or end it, and repeat");
    }
    clock.wait_ms(std::min(kStepMs, left_ms), cancel);
    GL_CHECK(cancel.check());
  }
  return lock;
}

}  // namespace glucoledger::base
