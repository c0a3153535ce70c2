#include "content_store/unixfs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "content_store/file_node.h"

namespace glucoledger::content_store {
namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30;

nlohmann::json read_vectors(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

// As tests/interop/ipfs/make-ipfs-vectors.mjs makes it.
Bytes make_content(std::size_t size) {
  Bytes content(size);
  std::uint32_t state = 20190607;
  for (auto& byte : content) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return content;
}

// As the field "generator" of the outside vectors tells.
Bytes make_outside_content(const std::string& name, std::size_t size) {
  if (name == "hello_world_nl") return base::to_bytes("hello world\n");
  if (name == "one_byte") return {0x21};
  Bytes content;
  for (std::uint32_t x = 1; content.size() < size;) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    for (int shift = 0; shift < 32 && content.size() < size; shift += 8) {
      content.push_back(static_cast<std::uint8_t>(x >> shift));
    }
  }
  return content;
}

class Blocks {
 public:
  Cid import(ByteView content, Layout layout) {
    return import_file(base::reader_of(content), layout, kNoLimit,
                       [this](const Cid& cid, ByteView block) -> Result<void> {
                         blocks_[cid.digest] = Bytes(block.begin(), block.end());
                         tree_size_ += block.size();
                         return {};
                       })
        .value()
        .root;
  }
  Result<Bytes> export_from(const Cid& root, std::size_t size_max = kNoLimit) {
    const auto read = [this](const Cid& cid) -> Result<Bytes> {
      const auto found = blocks_.find(cid.digest);
      return found == blocks_.end() ? fail(ErrorCode::kPruned, "gone") : Result<Bytes>(found->second);
    };
    Bytes content;
    GL_CHECK(export_file(root, read, size_max, base::writer_to(content)));
    return content;
  }
  Cid put(const Bytes& block, Codec codec = Codec::kDagPb) {
    const Cid cid{1, codec, sha2_256(block)};
    blocks_[cid.digest] = block;
    return cid;
  }
  std::map<Digest, Bytes>& blocks() { return blocks_; }
  std::uint64_t tree_size() const { return tree_size_; }

 private:
  std::map<Digest, Bytes> blocks_;
  std::uint64_t tree_size_ = 0;  // of all imports; equals the root's when no block occurs twice
};

void expect_vector(const Bytes& content, const std::string& v0, std::uint64_t tree_size, const std::string& v1_raw,
                   const std::string& v1_dag_pb) {
  Blocks blocks;
  const Cid root = blocks.import(content, Layout::kCidV0);
  EXPECT_EQ(encode_cid(root), v0);
  EXPECT_EQ(blocks.tree_size(), tree_size);
  EXPECT_TRUE(blocks.export_from(root).value() == content);
  const Cid raw = blocks.import(content, Layout::kCidV1RawLeaves);
  EXPECT_EQ(encode_cid(raw), v1_raw);
  EXPECT_TRUE(blocks.export_from(raw).value() == content);
  const Cid dag_pb = blocks.import(content, Layout::kCidV1DagPb);
  EXPECT_EQ(encode_cid(dag_pb), v1_dag_pb);
  EXPECT_TRUE(blocks.export_from(dag_pb).value() == content);
}

TEST(UnixfsTest, EqualsTheReferenceImporter) {
  const auto file = read_vectors("tests/vectors/ipfs.json");
  ASSERT_GE(file["vectors"].size(), 9U);
  for (const auto& vector : file["vectors"]) {
    SCOPED_TRACE(vector["name"]);
    expect_vector(make_content(vector["size"]), vector["cid_v0"], vector["tree_size"], vector["cid_v1_raw_leaves"],
                  vector["cid_v1_dag_pb"]);
  }
}

TEST(UnixfsTest, EqualsTheOutsideVectors) {
  const char* folder = std::getenv("GLUCOLEDGER_TEST_DATA");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : "../shared") / "vectors/ipfs.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no outside test data: set GLUCOLEDGER_TEST_DATA";
  const auto file = read_vectors(path);
  for (const auto& vector : file["vectors"]) {
    SCOPED_TRACE(vector["name"]);
    const Bytes content = make_outside_content(vector["name"], vector["size"]);
    const Digest digest = sha2_256(content);
    ASSERT_EQ(base::hex_encode(digest), vector["sha256"]);
    expect_vector(content, vector["cidv0"], vector["cidv0_cumulative_dag_size"], vector["cidv1_raw_leaves"],
                  vector["cidv1_dagpb"]);
  }
}

TEST(UnixfsTest, PiecesGiveTheSameTreeAsTheWhole) {
  const Bytes content = make_content(3 * kChunkSize + 5);
  Blocks blocks;
  const Cid whole = blocks.import(content, Layout::kCidV0);
  const auto ignore = [](const Cid&, ByteView) { return Result<void>{}; };
  for (const std::size_t piece : {std::size_t{1000}, kChunkSize - 1, kChunkSize, kChunkSize + 1, 2 * kChunkSize}) {
    Importer importer(Layout::kCidV0, ignore);
    for (std::size_t at = 0; at < content.size(); at += piece) {
      ASSERT_TRUE(importer.add(ByteView(content).subspan(at, std::min(piece, content.size() - at))));
    }
    EXPECT_TRUE(importer.finish().value() == whole) << piece;
  }
}

TEST(UnixfsTest, WriterErrorsAreHandedOn) {
  const auto full = [](const Cid&, ByteView) -> Result<void> { return fail(ErrorCode::kFailed, "full"); };
  EXPECT_EQ(import_file(base::reader_of({}), Layout::kCidV0, kNoLimit, full).error().message, "full");
}

TEST(UnixfsTest, EachFlippedBitIsFound) {
  Blocks blocks;
  const Cid root = blocks.import(make_content(kChunkSize + 10), Layout::kCidV0);
  auto& block = blocks.blocks()[root.digest];
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_EQ(blocks.export_from(root).error().code, ErrorCode::kCorrupt);
    block[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

TEST(UnixfsTest, AMissingBlockIsTheReadersError) {
  Blocks blocks;
  const Cid root = blocks.import(make_content(2 * kChunkSize), Layout::kCidV0);
  for (auto block = blocks.blocks().begin(); block != blocks.blocks().end(); ++block) {
    Blocks incomplete = blocks;
    incomplete.blocks().erase(block->first);
    EXPECT_EQ(incomplete.export_from(root).error().code, ErrorCode::kPruned);
  }
}

TEST(UnixfsTest, KeepsToTheLimitOfSize) {
  Blocks blocks;
  const Bytes content = make_content(kChunkSize + 1);
  const Cid root = blocks.import(content, Layout::kCidV0);
  EXPECT_TRUE(blocks.export_from(root, content.size()));
  EXPECT_EQ(blocks.export_from(root, content.size() - 1).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(blocks.export_from(root, 0).error().code, ErrorCode::kInputRefused);
}

// Trees with right hashes and wrong words about themselves.
TEST(UnixfsTest, LiesAboutSizesAreFound) {
  Blocks blocks;
  const Bytes data = make_content(100);
  const Cid leaf = blocks.put(data, Codec::kRaw);
  const FileNode honest{{}, 200, {{leaf, 100, 100}, {leaf, 100, 100}}};
  EXPECT_EQ(blocks.export_from(blocks.put(encode_file_node(honest))).value().size(), 200U);
  auto lie = honest;
  lie.file_size = 199;
  EXPECT_EQ(blocks.export_from(blocks.put(encode_file_node(lie))).error().code, ErrorCode::kCorrupt);
  lie = honest;
  lie.links[0].file_size = 99;
  lie.links[1].file_size = 101;
  EXPECT_EQ(blocks.export_from(blocks.put(encode_file_node(lie))).error().code, ErrorCode::kCorrupt);
  lie = honest;
  lie.links[1].tree_size = 101;
  EXPECT_EQ(blocks.export_from(blocks.put(encode_file_node(lie))).error().code, ErrorCode::kCorrupt);
  lie = honest;
  lie.file_size = std::uint64_t{1} << 62;
  EXPECT_EQ(blocks.export_from(blocks.put(encode_file_node(lie))).error().code, ErrorCode::kInputRefused);
}

TEST(UnixfsTest, DataInsideANodeComesBeforeItsLinks) {
  Blocks blocks;
  const Bytes tail = base::to_bytes("tail");
  const Bytes head = base::to_bytes("head ");
  const Cid leaf = blocks.put(tail, Codec::kRaw);
  const Cid root = blocks.put(encode_file_node({head, 9, {{leaf, 4, 4}}}));
  EXPECT_EQ(base::as_text(blocks.export_from(root).value()), "head tail");
}

TEST(UnixfsTest, DeepAndBushyTreesAreRefused) {
  Blocks blocks;
  const Bytes data = {7};
  Cid chain = blocks.put(data, Codec::kRaw);
  std::uint64_t tree_size = 1;
  for (std::size_t depth = 1; depth <= base::limits::kTreeDepthMax + 1; ++depth) {
    const Bytes block = encode_file_node({{}, 1, {{chain, tree_size, 1}}});
    tree_size += block.size();
    chain = blocks.put(block);
    EXPECT_EQ(blocks.export_from(chain).has_value(), depth <= base::limits::kTreeDepthMax) << depth;
  }
  // A few small blocks that stand for billions of empty ones.
  Cid bush = blocks.put({}, Codec::kRaw);
  tree_size = 0;
  for (int depth = 0; depth < 5; ++depth) {
    FileNode node;
    node.links.assign(500, {bush, tree_size, 0});
    const Bytes block = encode_file_node(node);
    tree_size = tree_size * 500 + block.size();
    bush = blocks.put(block);
  }
  EXPECT_EQ(blocks.export_from(bush).error().code, ErrorCode::kCorrupt);
}

TEST(UnixfsTest, WhatIsNotAFileIsRefused) {
  Blocks blocks;
  const auto code_of = [&](const Bytes& block) { return blocks.export_from(blocks.put(block)).error().code; };
  EXPECT_EQ(code_of({0x0a, 0x02, 0x08, 0x01}), ErrorCode::kInputRefused);         // an empty folder, as IPFS writes it
  EXPECT_EQ(code_of({0x0a, 0x04, 0x08, 0x09, 0x18, 0x00}), ErrorCode::kCorrupt);  // an unknown type
  EXPECT_EQ(code_of({}), ErrorCode::kCorrupt);
  EXPECT_EQ(code_of({0x0a, 0x05, 0x08, 0x02, 0x18, 0x00}), ErrorCode::kCorrupt);        // cut off
  EXPECT_EQ(code_of({0x0a, 0x05, 0x08, 0x02, 0x18, 0x80, 0x00}), ErrorCode::kCorrupt);  // a number with a spare byte
  EXPECT_EQ(code_of({0x0a, 0x04, 0x08, 0x02, 0x18, 0x00, 0x0a, 0x04, 0x08, 0x02, 0x18, 0x00}), ErrorCode::kCorrupt);
  EXPECT_EQ(code_of(Bytes(100, 0xff)), ErrorCode::kCorrupt);
}

TEST(UnixfsTest, BlocksThatAreTooLargeAreRefused) {
  Blocks blocks;
  EXPECT_EQ(blocks.export_from(blocks.put(Bytes((2U << 20) + 1), Codec::kRaw)).error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(blocks.export_from(blocks.put(Bytes(2U << 20), Codec::kRaw)));
}

}  // namespace
}  // namespace glucoledger::content_store
