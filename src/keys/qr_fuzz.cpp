// Pictures that may hold a QR code.
#include <cstddef>
#include <cstdint>

#include "keys/qr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  if (const auto text = keys::read_qr_image(ByteView(data, size))) GL_ASSERT(text->size() <= 10'000);
  return 0;
}
