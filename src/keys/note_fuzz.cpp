// The body of a note, which a patient of ill will may have signed: never a crash, and what decodes is encoded again.
#include "keys/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  if (const auto note = keys::decode_note({data, size})) {
    GL_ASSERT(keys::decode_note(keys::encode_note(*note)));
  }
  return 0;
}
