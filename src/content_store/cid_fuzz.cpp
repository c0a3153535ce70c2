// Texts and bytes that may be CIDs: whatever is accepted has exactly one encoding.
#include <cstddef>
#include <cstdint>

#include "content_store/cid.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  const ByteView input(data, size);
  if (const auto cid = content_store::decode_cid(base::as_text(input))) {
    GL_ASSERT(content_store::encode_cid(*cid) == base::as_text(input));
  }
  if (const auto cid = content_store::decode_binary_cid(input)) {
    GL_ASSERT(content_store::encode_binary_cid(*cid) == Bytes(input.begin(), input.end()));
  }
  return 0;
}
