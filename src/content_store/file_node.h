// One block of a file's tree: a UnixFS message (of type file) inside a dag-pb node, both protobuf in canonical form.
//
// Decoding is strict about the encoding and leaves the sizes to the caller. Source:
// https://ipld.io/specs/codecs/dag-pb, https://github.com/ipfs/specs UnixFS.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "content_store/cid.h"

namespace glucoledger::content_store {

struct FileLink {
  Cid cid;
  std::uint64_t tree_size = 0;  // bytes of all blocks below, the linked one included ("Tsize")
  std::uint64_t file_size = 0;  // bytes of content below ("blocksizes")
};

struct FileNode {
  ByteView data;  // content held by the node itself, before that of its links; points into the decoded block
  std::uint64_t file_size = 0;
  std::vector<FileLink> links;
};

Bytes encode_file_node(const FileNode& node);
// kCorrupt: not a node; kInputRefused: a node of a folder, a symbolic link or the like.
Result<FileNode> decode_file_node(ByteView block);

}  // namespace glucoledger::content_store
