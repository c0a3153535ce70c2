#include "content_store/unixfs.h"

#include <algorithm>

#include "base/limits.h"
#include "content_store/file_node.h"

namespace glucoledger::content_store {
namespace {

tl::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::kCorrupt, what);
}

class Exporter {
 public:
  Exporter(const BlockReader& read, std::uint64_t size_max, const base::ByteWriter& write,
           const base::CancelToken& cancel)
      : read_(read), size_max_(size_max), write_(write), cancel_(cancel) {}

  // Gives the content below `cid`; returns the bytes of all blocks of that tree.
  Result<std::uint64_t> visit(const Cid& cid, std::size_t depth) {
    if (depth > base::limits::kTreeDepthMax || ++nodes_ > base::limits::kTreeNodesMax)
      return corrupt("the file's tree is deeper or larger than any of ours");
    GL_CHECK(cancel_.check());
    GL_TRY(block, read_(cid));
    if (block.size() > base::limits::kBlockSizeMax) return corrupt("a block is larger than the limit");
    if (sha2_256(block) != cid.digest) return corrupt("a block does not have the hash that names it");
    if (cid.codec == Codec::kRaw) {
      GL_CHECK(give(block));
      return block.size();
    }
    GL_TRY(node, decode_file_node(block));
    const std::uint64_t start = given_;
    if (node.file_size > size_max_ - start) return too_large();
    GL_CHECK(give(node.data));
    std::uint64_t tree_size = block.size();
    for (const auto& link : node.links) {
      const std::uint64_t before = given_;
      GL_TRY(link_tree_size, visit(link.cid, depth + 1));
      if (link_tree_size != link.tree_size) return corrupt("a block does not have the size that its parent tells");
      if (given_ - before != link.file_size) return corrupt("a part of the file is not as long as it should be");
      tree_size += link_tree_size;
    }
    if (given_ - start != node.file_size) return corrupt("the file is not as long as it should be");
    return tree_size;
  }

 private:
  static tl::unexpected<Error> too_large() {
    return fail(ErrorCode::kInputRefused, "the file is larger than allowed here");
  }
  Result<void> give(ByteView data) {
    if (data.size() > size_max_ - given_) return too_large();
    given_ += data.size();
    return data.empty() ? Result<void>{} : write_(data);
  }

  const BlockReader& read_;
  std::uint64_t size_max_;
  const base::ByteWriter& write_;
  const base::CancelToken& cancel_;
  std::size_t nodes_ = 0;
  std::uint64_t given_ = 0;
};

}  // namespace

Result<void> Importer::add(ByteView content) {
  while (!content.empty()) {
    if (chunk_.empty() && content.size() >= kChunkSize) {  // the usual case needs no copy
      GL_CHECK(write_leaf(content.first(kChunkSize)));
      content = content.subspan(kChunkSize);
      continue;
    }
    const auto taken = content.first(std::min(content.size(), kChunkSize - chunk_.size()));
    chunk_.insert(chunk_.end(), taken.begin(), taken.end());
    content = content.subspan(taken.size());
    if (chunk_.size() == kChunkSize) {
      GL_CHECK(write_leaf(chunk_));
      chunk_.clear();
    }
  }
  return {};
}

Result<Cid> Importer::finish() {
  if (!chunk_.empty() || levels_.empty()) GL_CHECK(write_leaf(chunk_));
  // Each level's rest gets a parent, even a single node, so that all leaves lie equally deep.
  for (std::size_t level = 0;; ++level) {
    const auto rest = std::exchange(levels_[level], {});
    const bool is_top = level + 1 == levels_.size();
    if (is_top && rest.size() == 1) return rest[0].cid;
    if (rest.empty()) continue;
    GL_TRY(parent, write_parent(rest));
    GL_CHECK(add_node(level + 1, parent));
  }
}

Result<void> Importer::write_leaf(ByteView chunk) {
  if (layout_ == Layout::kCidV1RawLeaves) {
    GL_TRY(leaf, write_block(Codec::kRaw, chunk, chunk.size(), 0));
    return add_node(0, leaf);
  }
  GL_TRY(leaf, write_block(Codec::kDagPb, encode_file_node({chunk, chunk.size(), {}}), chunk.size(), 0));
  return add_node(0, leaf);
}

Result<void> Importer::add_node(std::size_t level, Node node) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].push_back(node);
  if (levels_[level].size() < kLinksPerNode) return {};
  GL_TRY(parent, write_parent(std::exchange(levels_[level], {})));
  return add_node(level + 1, parent);
}

Result<Importer::Node> Importer::write_parent(const std::vector<Node>& children) {
  FileNode parent;
  std::uint64_t children_size = 0;
  for (const auto& child : children) {
    parent.links.push_back({child.cid, child.tree_size, child.file_size});
    parent.file_size += child.file_size;
    children_size += child.tree_size;
  }
  return write_block(Codec::kDagPb, encode_file_node(parent), parent.file_size, children_size);
}

Result<Importer::Node> Importer::write_block(Codec codec, ByteView block, std::uint64_t file_size,
                                             std::uint64_t children_size) {
  const Cid cid{layout_ == Layout::kCidV0 ? 0 : 1, codec, sha2_256(block)};
  GL_CHECK(write_(cid, block));
  return Node{cid, file_size, children_size + block.size()};
}

Result<Imported> import_file(const base::ByteReader& content, Layout layout, std::uint64_t size_max,
                             const BlockWriter& write, const base::CancelToken& cancel) {
  Imported imported;
  Importer importer(layout, [&](const Cid& cid, ByteView block) {
    ++imported.blocks;
    imported.blocks_size += block.size();
    return write(cid, block);
  });
  Bytes buffer(kChunkSize);
  for (std::size_t count = buffer.size(); count == buffer.size(); imported.size += count) {
    GL_CHECK(cancel.check());
    GL_ASSIGN(count, content(buffer));
    if (count > size_max - imported.size) {
      return fail(ErrorCode::kInputRefused, "the file is larger than a content store takes");
    }
    GL_CHECK(importer.add(ByteView(buffer).first(count)));
  }
  GL_ASSIGN(imported.root, importer.finish());
  return imported;
}

Result<Imported> measure_file(const base::ByteReader& content, Layout layout, std::uint64_t size_max,
                              const base::CancelToken& cancel) {
  const auto drop = [](const Cid&, ByteView) { return Result<void>{}; };
  return import_file(content, layout, size_max, drop, cancel);
}

Result<void> export_file(const Cid& root, const BlockReader& read, std::uint64_t size_max,
                         const base::ByteWriter& write, const base::CancelToken& cancel) {
  return Exporter(read, size_max, write, cancel).visit(root, 0).map([](std::uint64_t) {});
}

}  // namespace glucoledger::content_store
