#include "base/bytes.h"

#include <sodium.h>

namespace glucoledger::base {
namespace {

constexpr int kBase64Variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

std::string hex_encode(ByteView bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

Result<Bytes> hex_decode(std::string_view text) {
  if (text.empty()) return Bytes{};  // libsodium takes no null pointer
  Bytes bytes(text.size() / 2);
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end) != 0 ||
      end != text.data() + text.size() || length * 2 != text.size()) {
    return fail(ErrorCode::kInputRefused, "not hexadecimal");
  }
  return bytes;
}

std::string base64url_encode(ByteView bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64Variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64Variant);
  text.pop_back();
  return text;
}

Result<Bytes> base64url_decode(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end, kBase64Variant) !=
          0 ||
      end != text.data() + text.size()) {
    return fail(ErrorCode::kInputRefused, "not base64url");
  }
  bytes.resize(length);
  return bytes;
}

}  // namespace glucoledger::base
