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

// Writes beside the path; finish() syncs and renames. Without finish() nothing is left. Standard output is written at
// once.
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path, unsigned mode);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Result<void> write(ByteView bytes);
  Result<void> finish();
  std::uint64_t size() const { return size_; }

 private:
  OutputFile(int descriptor, std::filesystem::path path, std::filesystem::path beside)
      : descriptor_(descriptor), path_(std::move(path)), beside_(std::move(beside)) {}
  base::Descriptor descriptor_;
  std::filesystem::path path_;
  std::filesystem::path beside_;  // empty: standard output
  std::uint64_t size_ = 0;
};

}  // namespace glucoledger::apps
