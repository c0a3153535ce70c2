// A file's tree made by an adversary: the input is cut into blocks (length, bytes), and the last one is the root.
//
// Links of dag-pb name their blocks by hash, which a fuzzer cannot guess, so each link leads to the block that its
// digest's first byte counts.
#include <cstddef>
#include <cstdint>
#include <map>

#include "content_store/file_node.h"
#include "content_store/unixfs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  using namespace glucoledger::content_store;
  constexpr std::size_t kSizeMax = 1 << 16;
  std::map<Digest, Bytes> blocks;
  std::vector<Digest> digests;
  for (ByteView rest(data, size); rest.size() > 1;) {
    const ByteView piece = rest.subspan(1, std::min<std::size_t>(rest[0], rest.size() - 1));
    rest = rest.subspan(1 + piece.size());
    Bytes block(piece.begin(), piece.end());
    if (auto node = decode_file_node(piece)) {
      for (auto& link : node->links) {
        if (!digests.empty()) link.cid.digest = digests[link.cid.digest[0] % digests.size()];
      }
      block = encode_file_node(*node);
    }
    digests.push_back(sha2_256(block));
    blocks[digests.back()] = std::move(block);
  }
  if (digests.empty()) return 0;
  const auto read = [&blocks](const Cid& cid) -> Result<Bytes> {
    const auto found = blocks.find(cid.digest);
    return found == blocks.end() ? fail(ErrorCode::kNotFound, "no block") : Result<Bytes>(found->second);
  };
  Bytes content;
  (void)export_file(Cid{0, Codec::kDagPb, digests.back()}, read, kSizeMax, base::writer_to(content));
  GL_ASSERT(content.size() <= kSizeMax);
  return 0;
}
