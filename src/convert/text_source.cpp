#include "convert/text_source.h"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/limits.h"

namespace glucoledger::convert {
namespace {

constexpr std::size_t kPieceSize = std::size_t{256} << 10;

struct Signature {
  std::string_view bytes;
  const char* what;
  const char* next_step;
};
constexpr const char* kExportAgain = "give the file that the device's software exports, as CSV or JSON";
constexpr std::array<Signature, 9> kSignatures{{
    {"\x89PNG", "a picture", kExportAgain},
    {"\xff\xd8\xff", "a picture", kExportAgain},
    {"GIF8", "a picture", kExportAgain},
    {"%PDF", "a PDF report", kExportAgain},
    {"PK\x03\x04", "an archive or a spreadsheet", "unpack it, or save the sheet as CSV (UTF-8), and give that file"},
    {"\x1f\x8b", "a compressed file", "unpack it and give the file inside"},
    {"\xd0\xcf\x11\xe0", "an old spreadsheet", "save the sheet as CSV (UTF-8) and give that file"},
    {"SQLite format 3", "a database", kExportAgain},
    {"\x28\xb5\x2f\xfd", "a compressed file", "unpack it and give the file inside"},
}};

tl::unexpected<Error> not_text() {
  return fail(ErrorCode::kInputRefused, "the file is not UTF-8 text",
              "export it again, or save it as CSV with the encoding UTF-8");
}

void append_code_point(std::string& out, char32_t code) {
  const auto put = [&](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// How many bytes at the end belong to a character that is not complete.
std::size_t incomplete_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

// A file, or memory.
class TextSource::Bytes {
 public:
  explicit Bytes(std::string_view memory) : memory_(memory), total_(memory.size()) {}
  Bytes(int descriptor, std::size_t total) : descriptor_(descriptor), total_(total) {}

  // Appends up to a piece; 0 at the end.
  Result<std::size_t> read(std::string& out, const base::CancelToken& cancel) {
    if (descriptor_.value() < 0) {
      const std::string_view piece = memory_.substr(done_, kPieceSize);
      out.append(piece);
      done_ += piece.size();
      return piece.size();
    }
    const std::size_t before = out.size();
    out.resize(before + kPieceSize);
    ssize_t count = 0;
    do {
      count = ::read(descriptor_.value(), out.data() + before, kPieceSize);
    } while (count < 0 && errno == EINTR && !cancel.cancelled());
    out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) {
      auto error = base::system_error("cannot read the file");
      GL_CHECK(cancel.check());
      return tl::unexpected(std::move(error));
    }
    done_ += static_cast<std::size_t>(count);
    if (done_ > base::limits::kDeviceFileSizeMax) return too_large();
    return static_cast<std::size_t>(count);
  }

  static tl::unexpected<Error> too_large() {
    return fail(ErrorCode::kInputRefused, "the file is larger than 512 MiB",
                "no device's export is: check that it is the right file, or export shorter periods");
  }

  std::size_t done() const { return done_; }
  std::size_t total() const { return total_; }

 private:
  base::Descriptor descriptor_;
  std::string_view memory_;
  std::size_t done_ = 0;
  std::size_t total_ = 0;
};

TextSource::TextSource(std::unique_ptr<Bytes> bytes, base::Progress progress, base::CancelToken cancel)
    : bytes_(std::move(bytes)), progress_(std::move(progress)), cancel_(std::move(cancel)) {}
TextSource::TextSource(TextSource&&) noexcept = default;
TextSource& TextSource::operator=(TextSource&&) noexcept = default;
TextSource::~TextSource() = default;

TextSource TextSource::from_memory(std::string_view content) {
  return TextSource(std::make_unique<Bytes>(content), {}, {});
}

Result<TextSource> TextSource::open(const std::filesystem::path& path, base::Progress progress,
                                    base::CancelToken cancel) {
  if (path == "-") {
    return TextSource(std::make_unique<Bytes>(STDIN_FILENO, 0), std::move(progress), std::move(cancel));
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(base::system_error("cannot open " + path.string()));
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  const std::size_t size = known && S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
  auto bytes = std::make_unique<Bytes>(descriptor, size);
  if (known && S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::kInputRefused, path.string() + " is a folder, not a file", "give the files in it");
  }
  if (size > base::limits::kDeviceFileSizeMax) return Bytes::too_large();
  return TextSource(std::move(bytes), std::move(progress), std::move(cancel));
}

Result<void> TextSource::begin() {
  for (const Signature& signature : kSignatures) {
    if (!raw_.starts_with(signature.bytes)) continue;
    return fail(ErrorCode::kInputRefused, std::string("the file is ") + signature.what, signature.next_step);
  }
  encoding_ = Encoding::kUtf8;
  if (raw_.starts_with("\xff\xfe")) encoding_ = Encoding::kUtf16Little;
  if (raw_.starts_with("\xfe\xff")) encoding_ = Encoding::kUtf16Big;
  if (encoding_ != Encoding::kUtf8) raw_.erase(0, 2);
  while (raw_.starts_with("\xef\xbb\xbf")) raw_.erase(0, 3);
  return {};
}

Result<void> TextSource::append_utf8(std::string& out, bool at_end) {
  const std::size_t keep = at_end ? 0 : incomplete_tail(raw_);
  const std::string_view text = std::string_view(raw_).substr(0, raw_.size() - keep);
  if (!simdjson::validate_utf8(text.data(), text.size()) || text.find('\0') != std::string_view::npos) {
    return not_text();
  }
  out.append(text);
  raw_.erase(0, text.size());
  return {};
}

Result<void> TextSource::append_utf16(std::string& out, bool at_end) {
  const auto unit_at = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(raw_[at]);
    const auto second = static_cast<unsigned char>(raw_[at + 1]);
    return encoding_ == Encoding::kUtf16Little ? static_cast<char32_t>(first | (second << 8))
                                               : static_cast<char32_t>((first << 8) | second);
  };
  std::size_t at = 0;
  while (at + 2 <= raw_.size()) {
    char32_t code = unit_at(at);
    std::size_t length = 2;
    if (code >= 0xD800 && code < 0xDC00) {
      if (at + 4 > raw_.size()) break;
      const char32_t low = unit_at(at + 2);
      if (low < 0xDC00 || low > 0xDFFF) return not_text();
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      length = 4;
    } else if ((code >= 0xDC00 && code <= 0xDFFF) || code == 0) {
      return not_text();
    }
    append_code_point(out, code);
    at += length;
  }
  raw_.erase(0, at);
  return at_end && !raw_.empty() ? Result<void>(not_text()) : Result<void>();
}

Result<bool> TextSource::decode_more(std::string& out) {
  if (at_end_) return false;
  if (cancel_.cancelled()) return fail(ErrorCode::kInterrupted, "interrupted while reading the file");
  GL_TRY(count, bytes_->read(raw_, cancel_));
  if (count == 0) at_end_ = true;
  if (encoding_ == Encoding::kUnknown) {
    // A pipe may bring its first bytes one by one.
    if (raw_.size() < 16 && !at_end_) return true;
    GL_CHECK(begin());
  }
  if (encoding_ == Encoding::kUtf8) {
    GL_CHECK(append_utf8(out, at_end_));
  } else {
    GL_CHECK(append_utf16(out, at_end_));
  }
  base::report(progress_, "reading", bytes_->done(), bytes_->total());
  return !at_end_;
}

Result<std::string_view> TextSource::peek(std::size_t size) {
  while (head_.size() < size) {
    GL_TRY(more, decode_more(head_));
    if (!more) break;
  }
  return std::string_view(head_);
}

Result<std::string_view> TextSource::next() {
  piece_.clear();
  piece_.swap(head_);
  while (piece_.empty()) {
    GL_TRY(more, decode_more(piece_));
    if (!more) break;
  }
  return std::string_view(piece_);
}

}  // namespace glucoledger::convert
