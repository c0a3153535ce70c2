#include "keys/gray_png.h"

#include <png.h>

#include <memory>

namespace glucoledger::keys {

Result<Bytes> gray_png(std::size_t side, const Bytes& pixels) {
  GL_ASSERT(pixels.size() == side * side);
  struct FreePng {
    void operator()(png_image* image) const { png_image_free(image); }
  };
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  const std::unique_ptr<png_image, FreePng> guard(&image);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  Bytes png(size);
  if (png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    return fail(ErrorCode::kFailed, "the QR code's picture cannot be made");
  }
  png.resize(size);
  return png;
}

}  // namespace glucoledger::keys
