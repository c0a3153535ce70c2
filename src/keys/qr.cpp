#include "keys/qr.h"

#include <ZXing/ReadBarcode.h>
#include <png.h>
#include <qrencode.h>

#include <exception>
#include <memory>

#include "base/limits.h"
#include "keys/gray_png.h"

namespace glucoledger::keys {
namespace {

constexpr int kQuietModules = 4;
constexpr int kPngModulePixels = 8;
// Up to this version a code at level M, quiet zone included, fits the 80 columns of a terminal.
constexpr int kVersionMaxAtLevelM = 13;

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

// The modules of a code, and the light ones around it.
class Modules {
 public:
  explicit Modules(QRcode* code) : code_(code) {}
  int version() const { return code_->version; }
  int side() const { return code_->width + 2 * kQuietModules; }
  bool is_dark(int row, int column) const {
    row -= kQuietModules;
    column -= kQuietModules;
    if (row < 0 || column < 0 || row >= code_->width || column >= code_->width) return false;
    return (code_->data[row * code_->width + column] & 1) != 0;
  }

 private:
  std::unique_ptr<QRcode, FreeCode> code_;
};

Result<Modules> encode(std::string_view text) {
  constexpr std::size_t kTextSizeMax = 2'953;  // of the largest code there is
  if (text.empty() || text.size() > kTextSizeMax) {
    return fail(ErrorCode::kInputRefused, "a QR code holds 1 to " + std::to_string(kTextSizeMax) + " bytes of text");
  }
  for (const auto level : {QR_ECLEVEL_M, QR_ECLEVEL_L}) {
    QRcode* code =
        QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, level);
    if (code == nullptr) continue;
    Modules modules(code);
    if (level == QR_ECLEVEL_L || modules.version() <= kVersionMaxAtLevelM) return modules;
  }
  return fail(ErrorCode::kFailed, "the QR code cannot be made");
}

struct FreePng {
  void operator()(png_image* image) const { png_image_free(image); }
};

// One byte a pixel, 0 black.
struct GrayImage {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  Bytes pixels;
};

Result<GrayImage> decode_png(ByteView bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, FreePng> guard(&image);
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    return fail(ErrorCode::kInputRefused, "this is not a PNG picture", "save the QR code's picture as PNG");
  }
  GrayImage gray{image.width, image.height, {}};
  if (gray.width > base::limits::kImageSideMaxPixels || gray.height > base::limits::kImageSideMaxPixels) {
    return fail(ErrorCode::kInputRefused, "the picture is wider or higher than 8192 pixels",
                "cut out the part with the QR code");
  }
  image.format = PNG_FORMAT_GRAY;
  gray.pixels.resize(PNG_IMAGE_SIZE(image));
  const png_color white{255, 255, 255};  // behind what is transparent
  if (png_image_finish_read(&image, &white, gray.pixels.data(), 0, nullptr) == 0) {
    return fail(ErrorCode::kInputRefused, "the PNG picture is damaged", "save or send it again");
  }
  return gray;
}

}  // namespace

Result<std::string> qr_terminal(std::string_view text) {
  GL_TRY(modules, encode(text));
  // Colours of the fixed cube: the first 16 are each terminal's own, and "black" may be light there.
  constexpr const char* kBlackOnWhite = "\033[38;5;16;48;5;231m";
  constexpr const char* kReset = "\033[0m\n";
  std::string out;
  for (int row = 0; row < modules.side(); row += 2) {
    out += kBlackOnWhite;
    for (int column = 0; column < modules.side(); ++column) {
      const bool upper = modules.is_dark(row, column);
      const bool lower = modules.is_dark(row + 1, column);
      out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    out += kReset;
  }
  return out;
}

Result<Bytes> qr_png(std::string_view text) {
  GL_TRY(modules, encode(text));
  const int side = modules.side() * kPngModulePixels;
  Bytes pixels;
  pixels.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      pixels.push_back(modules.is_dark(row / kPngModulePixels, column / kPngModulePixels) ? 0 : 255);
    }
  }
  return gray_png(static_cast<std::size_t>(side), pixels);
}

Result<std::string> qr_svg(std::string_view text) {
  GL_TRY(modules, encode(text));
  const auto side = std::to_string(modules.side());
  std::string out = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + side + " " + side +
                    R"(" shape-rendering="crispEdges"><title>QR code</title><path fill="#fff" d="M0 0h)" + side + "v" +
                    side + "H0z\"/><path d=\"";
  for (int row = 0; row < modules.side(); ++row) {
    for (int column = 0; column < modules.side(); ++column) {
      const int start = column;
      while (modules.is_dark(row, column)) ++column;
      if (column == start) continue;
      const auto width = std::to_string(column - start);
      out.append("M").append(std::to_string(start)).append(" ").append(std::to_string(row));
      out.append("h").append(width).append("v1h-").append(width).append("z");
    }
  }
  return out + "\"/></svg>\n";
}

Result<std::string> read_qr_image(ByteView image) {
  if (image.size() > base::limits::kImageSizeMax) {
    return fail(ErrorCode::kInputRefused, "the picture is larger than the limit of 32 MiB");
  }
  GL_TRY(gray, decode_png(image));
  try {
    const ZXing::ImageView view(gray.pixels.data(), static_cast<int>(gray.width), static_cast<int>(gray.height),
                                ZXing::ImageFormat::Lum);
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode).setTryHarder(true).setTryRotate(true);
    // The local one copes with shadows, the global one with tiny or blurred codes.
    for (const auto binarizer : {ZXing::Binarizer::LocalAverage, ZXing::Binarizer::GlobalHistogram}) {
      const auto found = ZXing::ReadBarcode(view, hints.setBinarizer(binarizer));
      if (found.isValid()) return std::string(found.bytes().begin(), found.bytes().end());
    }
  } catch (const std::exception&) {
    // The reader gives up on odd pictures by throwing: the same as no code.
  }
  return fail(ErrorCode::kInputRefused, "there is no readable QR code in the picture",
              "take it again: straight from above, the whole code with its white border, in even light");
}

}  // namespace glucoledger::keys
