#include "apps/file_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "apps/interrupt.h"

namespace glucoledger::apps {
namespace {

tl::unexpected<Error> failed(const std::string& what) {
  return tl::unexpected(base::system_error(what));
}

tl::unexpected<Error> stopped() {
  return fail(ErrorCode::kInterrupted, "interrupted; nothing was changed");
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  const bool is_standard = path == "-";
  InputFile file(is_standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                 is_standard ? "standard input" : path);
  if (file.descriptor_.value() < 0) return failed("cannot open " + path);
  struct stat status {};
  if (::fstat(file.descriptor_.value(), &status) != 0) return failed("cannot read " + file.name_);
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kInputRefused, path + " is a folder, not a file");
  if (S_ISREG(status.st_mode) && !is_standard) file.size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

Result<std::size_t> InputFile::read(std::span<std::uint8_t> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    if (interrupted()) return stopped();
    const ssize_t count = ::read(descriptor_.value(), buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("cannot read " + name_);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

Result<OutputFile> OutputFile::create(const std::string& path, unsigned mode) {
  if (path == "-") return OutputFile(std::nullopt, "standard output");
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kUsage, path + " is not a file", "give the name of a file to write");
  }
  auto file = base::FileBeside::create(path, mode);
  if (file) return OutputFile(std::move(*file), path);
  // A folder that is missing is not something that was looked for.
  if (file.error().code == ErrorCode::kNotFound) file.error().code = ErrorCode::kUsage;
  return tl::unexpected(std::move(file.error()));
}

Result<void> OutputFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    if (interrupted()) return stopped();
    const ssize_t count = ::write(file_ ? file_->descriptor() : STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("cannot write " + name_);
    size_ += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> OutputFile::finish() {
  return file_ ? file_->replace() : Result<void>();
}

}  // namespace glucoledger::apps
