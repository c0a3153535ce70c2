// Files of any size as streams: an input with its length, and an output that appears whole or not at all.
//
// "-" is standard input or output. Reading and writing stop with kInterrupted on Ctrl-C.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/file.h"

namespace glucoledger::apps {

class InputFile {
 public:
  static Result<InputFile> open(const std::string& path);

  // Absent where it cannot be known before the end: pipes.
  std::optional<std::uint64_t> size() const { return size_; }
  // Fills `buffer`, but for the last time.
  Result<std::size_t> read(std::span<std::uint8_t> buffer);

 private:
  InputFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  base::Descriptor descriptor_;
  std::string name_;
  std::optional<std::uint64_t> size_;
};

// A base::FileBeside that finish() puts in place, or standard output, which is written at once.
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path, unsigned mode);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;

  Result<void> write(ByteView bytes);
  Result<void> finish();
  std::uint64_t size() const { return size_; }

 private:
  explicit OutputFile(std::optional<base::FileBeside> file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}
  std::optional<base::FileBeside> file_;  // none: standard output
  std::string name_;
  std::uint64_t size_ = 0;
};

}  // namespace glucoledger::apps
