// Pixels as a PNG picture, by libpng.
#pragma once

#include "base/bytes.h"

namespace glucoledger::keys {

// A square; of each pixel a byte, row by row, 0 black to 255 white (asserted: side x side of them).
Result<Bytes> gray_png(std::size_t side, const Bytes& pixels);

}  // namespace glucoledger::keys
