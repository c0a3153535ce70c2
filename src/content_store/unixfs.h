// A file as a tree of blocks (UnixFS v1 in dag-pb), the same tree and so the same CID that IPFS implementations make.
//
// Import: chunks of 262,144 bytes, balanced tree of at most 174 links a node, one chunk alone is its own root.
// Export takes any tree within the limits (other chunk sizes too), verifies each block's hash and each declared size.
// Cost: one SHA-256 over the content; memory for one chunk and the links of one path through the tree.
// Source: https://github.com/ipfs/specs, UnixFS, and https://ipld.io/specs/codecs/dag-pb. Vectors:
// tests/vectors/ipfs.json.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "content_store/cid.h"

namespace glucoledger::content_store {

inline constexpr std::size_t kChunkSize = 262'144;
inline constexpr std::size_t kLinksPerNode = 174;

// Bounds on trees made by others: far above what a file of kContentSizeMax needs.
inline constexpr std::size_t kTreeDepthMax = 8;
inline constexpr std::size_t kLinksPerNodeMax = 8'192;
inline constexpr std::size_t kTreeNodesMax = 200'000;

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

Result<Cid> import_file(ByteView content, Layout layout, const BlockWriter& write);

// kCorrupt: a block fails its hash, is not UnixFS, lies about a size, or the tree breaks a bound;
// kInputRefused: larger than `size_max`, or a folder or link instead of a file.
Result<Bytes> export_file(const Cid& root, const BlockReader& read, std::size_t size_max);

}  // namespace glucoledger::content_store
