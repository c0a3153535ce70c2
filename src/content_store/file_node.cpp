#include "content_store/file_node.h"

#include <optional>

#include "base/limits.h"

namespace glucoledger::content_store {
namespace {

enum Wire : std::uint64_t { kVarint = 0, kLengthDelimited = 2 };
constexpr std::uint64_t key(std::uint64_t field, Wire wire) {
  return field << 3 | wire;
}

// PBNode { bytes Data = 1; repeated PBLink Links = 2; }
constexpr auto kNodeData = key(1, kLengthDelimited);
constexpr auto kNodeLink = key(2, kLengthDelimited);
// PBLink { bytes Hash = 1; string Name = 2; uint64 Tsize = 3; }
constexpr auto kLinkHash = key(1, kLengthDelimited);
constexpr auto kLinkName = key(2, kLengthDelimited);
constexpr auto kLinkTreeSize = key(3, kVarint);
// UnixFS Data { Type = 1; bytes Data = 2; uint64 filesize = 3; repeated uint64 blocksizes = 4; hashType = 5; fanout =
// 6;
//               mode = 7; UnixTime mtime = 8; }
constexpr auto kFileType = key(1, kVarint);
constexpr auto kFileData = key(2, kLengthDelimited);
constexpr auto kFileSize = key(3, kVarint);
constexpr auto kFileBlockSize = key(4, kVarint);
constexpr auto kFileMode = key(7, kVarint);
constexpr auto kFileTime = key(8, kLengthDelimited);

constexpr std::uint64_t kTypeRaw = 0;
constexpr std::uint64_t kTypeFile = 2;
constexpr std::uint64_t kTypeMax = 5;

tl::unexpected<Error> corrupt() {
  return fail(ErrorCode::kCorrupt, "a block is not a node of a file");
}

void append_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

void append_number(Bytes& out, std::uint64_t key, std::uint64_t value) {
  append_varint(out, key);
  append_varint(out, value);
}

void append_bytes(Bytes& out, std::uint64_t key, ByteView value) {
  append_number(out, key, value.size());
  out.insert(out.end(), value.begin(), value.end());
}

// Reads one message field by field.
class FieldReader {
 public:
  explicit FieldReader(ByteView message) : rest_(message) {}
  bool at_end() const { return rest_.empty(); }

  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return corrupt();
      const std::uint64_t byte = rest_[0];
      rest_ = rest_.subspan(1);
      if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) return corrupt();  // longer than need be, or too large
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return corrupt();
  }

  Result<ByteView> bytes() {
    GL_TRY(size, varint());
    if (size > rest_.size()) return corrupt();
    const ByteView value = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(value.size());
    return value;
  }

 private:
  ByteView rest_;
};

Result<FileLink> decode_link(ByteView message) {
  FileLink link;
  std::uint64_t last_key = 0;
  FieldReader fields(message);
  while (!fields.at_end()) {
    GL_TRY(field, fields.varint());
    if (field <= last_key) return corrupt();  // each at most once, in order
    last_key = field;
    if (field == kLinkHash) {
      GL_TRY(binary, fields.bytes());
      auto cid = decode_binary_cid(binary);
      if (!cid) return corrupt();
      link.cid = *cid;
    } else if (field == kLinkName) {
      GL_CHECK(fields.bytes());
    } else if (field == kLinkTreeSize) {
      GL_ASSIGN(link.tree_size, fields.varint());
    } else {
      return corrupt();
    }
  }
  if (message.empty() || message[0] != kLinkHash) return corrupt();
  return link;
}

// Fills data and file_size of `node`, and the file_size of its links.
Result<void> decode_unixfs(ByteView message, FileNode& node) {
  std::optional<std::uint64_t> type;
  std::optional<std::uint64_t> file_size;
  std::size_t block_sizes = 0;
  FieldReader fields(message);
  while (!fields.at_end()) {
    GL_TRY(field, fields.varint());
    if (field == kFileType && !type) {
      GL_ASSIGN(type, fields.varint());
    } else if (field == kFileData && node.data.empty()) {
      GL_ASSIGN(node.data, fields.bytes());
    } else if (field == kFileSize && !file_size) {
      GL_ASSIGN(file_size, fields.varint());
    } else if (field == kFileBlockSize && block_sizes < node.links.size()) {
      GL_ASSIGN(node.links[block_sizes++].file_size, fields.varint());
    } else if (field == kFileMode) {
      GL_CHECK(fields.varint());
    } else if (field == kFileTime) {
      GL_CHECK(fields.bytes());
    } else {
      return corrupt();
    }
  }
  if (!type || *type > kTypeMax) return corrupt();
  if (*type != kTypeFile && *type != kTypeRaw) {
    return fail(ErrorCode::kInputRefused, "the CID names a folder or a link, not a file");
  }
  if (block_sizes != node.links.size() || !file_size) return corrupt();
  node.file_size = *file_size;
  return {};
}

}  // namespace

Bytes encode_file_node(const FileNode& node) {
  Bytes file;
  append_number(file, kFileType, kTypeFile);
  if (!node.data.empty()) append_bytes(file, kFileData, node.data);
  append_number(file, kFileSize, node.file_size);
  for (const auto& link : node.links) append_number(file, kFileBlockSize, link.file_size);

  Bytes block;
  for (const auto& link : node.links) {  // dag-pb puts links before data
    Bytes message;
    append_bytes(message, kLinkHash, encode_binary_cid(link.cid));
    append_bytes(message, kLinkName, {});
    append_number(message, kLinkTreeSize, link.tree_size);
    append_bytes(block, kNodeLink, message);
  }
  append_bytes(block, kNodeData, file);
  return block;
}

Result<FileNode> decode_file_node(ByteView block) {
  FileNode node;
  std::optional<ByteView> file;
  FieldReader fields(block);
  while (!fields.at_end()) {
    GL_TRY(field, fields.varint());
    GL_TRY(value, fields.bytes());
    if (field == kNodeLink && node.links.size() < base::limits::kLinksPerNodeMax) {
      GL_TRY(link, decode_link(value));
      node.links.push_back(link);
    } else if (field == kNodeData && !file) {
      file = value;
    } else {
      return corrupt();
    }
  }
  if (!file) return corrupt();
  GL_CHECK(decode_unixfs(*file, node));
  return node;
}

}  // namespace glucoledger::content_store
