// Bytes and their text forms.
//
// Decoders are strict: one canonical encoding, anything else is kInputRefused. Source of base64url: RFC 4648, 5,
// unpadded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace glucoledger {
namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

std::string hex_encode(ByteView bytes);
Result<Bytes> hex_decode(std::string_view text);
std::string base64url_encode(ByteView bytes);
Result<Bytes> base64url_decode(std::string_view text);

}  // namespace base

using base::Bytes;
using base::ByteView;
}  // namespace glucoledger
