// What a stranger may hand over as a URI: never a crash, and what decodes is written again the same.
#include "base/bytes.h"
#include "keys/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  const auto text = base::as_text({data, size});
  if (const auto invitation = keys::decode_uri(text)) {
    const auto again = keys::encode_uri(*invitation);
    GL_ASSERT(!again || keys::decode_uri(again->text()));
  }
  return 0;
}
