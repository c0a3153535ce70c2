// Pictures that may hold a QR code: the input as it stands, with the check sums of its PNG chunks set right (so that
// what is changed inside gets past them), and as the modules of a code, a bit each.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "keys/gray_png.h"
#include "keys/qr.h"

namespace {

using namespace glucoledger;

void read(ByteView picture) {
  if (const auto text = keys::read_qr_image(picture)) GL_ASSERT(text->size() <= 10'000);
}

std::uint32_t number_at(const Bytes& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
         bytes[at + 3];
}

// A chunk: length, type, content, check sum of the last two.
Bytes with_check_sums(Bytes png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = number_at(png, at);
    if (length > png.size() - at - 12) break;
    const auto sum = ::crc32(0, png.data() + at + 4, static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    at += length + 12;
  }
  return png;
}

Bytes picture_of_modules(ByteView bits) {
  constexpr std::size_t kScale = 3;
  constexpr std::size_t kQuiet = 4;  // modules
  const auto modules = static_cast<std::size_t>(std::sqrt(static_cast<double>(bits.size() * 8)));
  const std::size_t side = (modules + 2 * kQuiet) * kScale;
  Bytes pixels(side * side, 255);
  for (std::size_t y = 0; y < modules * kScale; ++y) {
    for (std::size_t x = 0; x < modules * kScale; ++x) {
      const std::size_t bit = y / kScale * modules + x / kScale;
      if ((bits[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
      pixels[(y + kQuiet * kScale) * side + x + kQuiet * kScale] = 0;
    }
  }
  return keys::gray_png(side, pixels).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kModulesMax = 177 * 177 / 8 + 1;  // of the largest code
  const ByteView input(data, size);
  read(input);
  if (base::as_text(input).starts_with("\x89PNG")) {
    read(with_check_sums(Bytes(data, data + size)));
  } else if (size > 0) {
    read(picture_of_modules(input.first(std::min(size, kModulesMax))));
  }
  return 0;
}
