// QR codes for the consulting room: text into a terminal, a PNG or an SVG, and back from a picture.
//
// Byte mode; error correction M, or L where that keeps a longer text (a URI has up to 600 characters) in fewer, larger
// modules. Source: ISO/IEC 18004 by libqrencode and ZXing.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace glucoledger::keys {

// UTF-8 half blocks with a quiet zone, black on white by colour codes, so that dark and light terminals show the same.
// kInputRefused: empty, or too long for a QR code (these three).
Result<std::string> qr_terminal(std::string_view text);
Result<Bytes> qr_png(std::string_view text);
Result<std::string> qr_svg(std::string_view text);

// The text of the QR code in a PNG picture (a screenshot, or a photo saved as PNG), of at most 8,192 x 8,192 pixels.
// kInputRefused: not a PNG, too large, or no readable code in it.
Result<std::string> read_qr_image(ByteView image);

}  // namespace glucoledger::keys
