// The text of a device file, in pieces: bounded memory however large the file or its lines are.
//
// Byte order marks go (also doubled), UTF-16 with a mark becomes UTF-8. What is no text at all (a picture, an archive,
// bytes that are not UTF-8) is kInputRefused and says what it looks like and what to do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/progress.h"
#include "base/result.h"

namespace glucoledger::convert {

class TextSource {
 public:
  // "-" is standard input.
  static Result<TextSource> open(const std::filesystem::path& path, base::Progress progress,
                                 base::CancelToken cancel = {});
  static TextSource from_memory(std::string_view content);

  TextSource(TextSource&&) noexcept;
  TextSource& operator=(TextSource&&) noexcept;
  ~TextSource();

  // The beginning, at most about `size` characters, without taking it.
  Result<std::string_view> peek(std::size_t size);
  // The next piece, valid until the next call; empty at the end. kInterrupted once cancelled.
  Result<std::string_view> next();

 private:
  class Bytes;
  enum class Encoding { kUnknown, kUtf8, kUtf16Little, kUtf16Big };

  TextSource(std::unique_ptr<Bytes> bytes, base::Progress progress, base::CancelToken cancel);
  Result<bool> decode_more(std::string& out);  // false: nothing more
  Result<void> begin();
  Result<void> append_utf8(std::string& out, bool at_end);
  Result<void> append_utf16(std::string& out, bool at_end);

  std::unique_ptr<Bytes> bytes_;
  base::Progress progress_;
  base::CancelToken cancel_;
  Encoding encoding_ = Encoding::kUnknown;
  std::string raw_;   // read, not yet decoded
  std::string head_;  // decoded by peek, not yet taken
  std::string piece_;
  bool at_end_ = false;
};

}  // namespace glucoledger::convert
