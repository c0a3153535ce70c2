// Files: bounded reads, writes that are whole or absent, locks between processes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/secret.h"

namespace glucoledger::base {

// The whole file, or "-" for standard input. Larger than `size_max`: kInputRefused. Absent: kNotFound.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t size_max);
// Of what is named by others: what is no plain file (a pipe would be waited for) is kInputRefused.
Result<std::string> read_plain_file(const std::filesystem::path& path, std::size_t size_max);
// As read_file, for a key or passphrase: wiped when it goes; one newline at the end is dropped. At most
// limits::kSecretFileSizeMax.
Result<SecretBytes> read_secret_file(const std::filesystem::path& path);

// A file that is written beside its place: nobody sees it there before all of it is on the disk, and what was not put
// in place goes with the object.
class FileBeside {
 public:
  // It is new, follows no link and has `mode` from the start. kNotAllowed: in this folder anyone may put another file
  // under its name.
  static Result<FileBeside> create(const std::filesystem::path& place, unsigned mode);
  // kInputRefused where something stands there already.
  static Result<FileBeside> create_new(const std::filesystem::path& place, unsigned mode);
  FileBeside(FileBeside&&) = default;
  FileBeside& operator=(FileBeside&&) = delete;
  ~FileBeside();
  int descriptor() const { return descriptor_.value(); }
  // Where it is until it is in place.
  const std::filesystem::path& path() const { return path_; }
  // Syncs it, gives it the place of what stands there, and syncs the folder.
  Result<void> replace();
  // As replace(), but never over another file: kInputRefused.
  Result<void> place();

 private:
  FileBeside(Descriptor descriptor, std::filesystem::path place, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), place_(std::move(place)), path_(std::move(path)) {}
  Result<void> sync() const;
  Descriptor descriptor_;  // none once in place
  std::filesystem::path place_;
  std::filesystem::path path_;
};

// Writes beside, syncs, renames over and syncs the folder: after a power cut the old content or the new, never half.
Result<void> write_file_atomic(const std::filesystem::path& path, ByteView content, unsigned mode = 0644);
// As above, with a content that may tell of the file that it stands in: `content` gets its path while it is empty.
using ContentOfFile = std::function<Bytes(const std::filesystem::path& made)>;
Result<void> write_file_atomic(const std::filesystem::path& path, const ContentOfFile& content, unsigned mode);
// As above, but fails with kInputRefused when the file exists already.
Result<void> write_new_file(const std::filesystem::path& path, ByteView content, unsigned mode = 0600);
// Creates the folder (and its parents) with `mode`, and syncs the parent.
Result<void> make_folder(const std::filesystem::path& path, unsigned mode = 0700);

// What was made, renamed or removed in a folder (empty: the current one) survives a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);

// Into a file or a pipe, going on after signals; false, with errno: not all of it.
bool write_all(int descriptor, ByteView bytes);

// An error from errno, as "what: reason"; ENOSPC, EROFS and EACCES say what to do.
Error system_error(std::string_view what);

// An advisory lock on a file between processes (flock), released when it goes or the process dies.
class FileLock {
 public:
  enum class Mode { kExclusive, kShared };
  // Waits up to `wait_ms` for its turn (0: not at all), by the steady clock; kBusy when others still hold it then.
  static Result<FileLock> acquire(const std::filesystem::path& path, std::int64_t wait_ms,
                                  const CancelToken& cancel = {}, Mode mode = Mode::kExclusive,
                                  const Clock& clock = SystemClock());

 private:
  explicit FileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

}  // namespace glucoledger::base
