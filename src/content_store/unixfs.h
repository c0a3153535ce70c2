// A file as a tree of blocks (UnixFS v1 in dag-pb), the same tree and so the same CID that IPFS implementations make.
//
// Import: chunks of 262,144 bytes, balanced tree of at most 174 links a node, one chunk alone is its own root.
// Export takes any tree within the limits (other chunk sizes too), verifies each block's hash and each declared size.
// Cost: one SHA-256 over the content; memory for one chunk and the links of one path through the tree. The bounds on
// trees made by others stand in base/limits.h.
// Source: https://github.com/ipfs/specs, UnixFS, and https://ipld.io/specs/codecs/dag-pb. Vectors:
// tests/vectors/ipfs.json.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/byte_stream.h"
#include "base/cancel.h"
#include "content_store/cid.h"

namespace glucoledger::content_store {

inline constexpr std::size_t kChunkSize = 262'144;
inline constexpr std::size_t kLinksPerNode = 174;

enum class Layout {
  kCidV0,           // leaves are dag-pb
  kCidV1RawLeaves,  // leaves are the bare chunks: what `ipfs add --cid-version 1` makes
  kCidV1DagPb,
};

using BlockWriter = std::function<Result<void>(const Cid& cid, ByteView block)>;
// The block's bytes; need not verify them. Its error is handed on.
using BlockReader = std::function<Result<Bytes>(const Cid& cid)>;

// Turns a stream of bytes into blocks, children before parents; finish() writes the root last and returns its CID.
class Importer {
 public:
  Importer(Layout layout, BlockWriter write) : layout_(layout), write_(std::move(write)) {}
  Result<void> add(ByteView content);
  Result<Cid> finish();

 private:
  struct Node {
    Cid cid;
    std::uint64_t file_size = 0;  // bytes of content below
    std::uint64_t tree_size = 0;  // bytes of all blocks, this one included
  };
  Result<void> write_leaf(ByteView chunk);
  Result<void> add_node(std::size_t level, Node node);
  Result<Node> write_parent(const std::vector<Node>& children);
  Result<Node> write_block(Codec codec, ByteView block, std::uint64_t file_size, std::uint64_t children_size);

  Layout layout_;
  BlockWriter write_;
  Bytes chunk_;
  std::vector<std::vector<Node>> levels_;  // the nodes of each level that have no parent yet; leaves first
};

struct Imported {
  Cid root;
  std::uint64_t size = 0;         // of the content
  std::uint64_t blocks = 0;       // those that occur twice count twice
  std::uint64_t blocks_size = 0;  // of all blocks
};
// All that `content` gives. kInputRefused: more than `size_max`; kInterrupted.
Result<Imported> import_file(const base::ByteReader& content, Layout layout, std::uint64_t size_max,
                             const BlockWriter& write, const base::CancelToken& cancel = {});
// As import_file, but the blocks go nowhere: what a file is called.
Result<Imported> measure_file(const base::ByteReader& content, Layout layout, std::uint64_t size_max,
                              const base::CancelToken& cancel = {});

// Gives the content to `write` in pieces, each of a block whose hash is verified; what it tells of sizes is verified
// only at the end. kCorrupt: a block fails its hash, is not UnixFS, lies about a size, or the tree breaks a bound;
// kInputRefused: larger than `size_max`, or a folder or link instead of a file; kInterrupted.
Result<void> export_file(const Cid& root, const BlockReader& read, std::uint64_t size_max,
                         const base::ByteWriter& write, const base::CancelToken& cancel = {});

}  // namespace glucoledger::content_store
