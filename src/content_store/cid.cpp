#include "content_store/cid.h"

#include <openssl/sha.h>

#include <algorithm>

namespace glucoledger::content_store {
namespace {

constexpr std::string_view kBase58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase32Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::array<std::uint8_t, 2> kMultihashPrefix = {0x12, 32};  // sha2-256, 32 bytes
constexpr std::size_t kMultihashSize = 34;
constexpr std::size_t kBinaryCidV1Size = 2 + kMultihashSize;
constexpr std::size_t kCidV0Length = 46;
constexpr std::size_t kCidV1Length = 59;

tl::unexpected<Error> refused() {
  return fail(ErrorCode::kInputRefused, "this is not a content identifier (CID)",
              "a CID starts with Qm (46 characters), bafk or bafy (59 characters)");
}

// The multihash starts with 0x12, so that no leading zero bytes need their own digit.
std::string base58_encode(ByteView bytes) {
  std::array<std::uint8_t, kCidV0Length> digits{};  // most significant first
  for (std::uint32_t carry : bytes) {
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      carry += std::uint32_t{*digit} << 8;
      *digit = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
  }
  std::string text;
  for (const auto digit : digits) text += kBase58Alphabet[digit];
  return text;
}

Result<Bytes> base58_decode(std::string_view text) {
  Bytes bytes(kMultihashSize);
  for (const char c : text) {
    const auto digit = kBase58Alphabet.find(c);
    if (digit == std::string_view::npos) return refused();
    auto carry = static_cast<std::uint32_t>(digit);
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
      carry += std::uint32_t{*byte} * 58;
      *byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return refused();
  }
  return bytes;
}

void append_base32(std::string& text, ByteView bytes) {
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const auto byte : bytes) {
    buffer = (buffer << 8 | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += kBase32Alphabet[buffer >> (bits - 5) & 31];
  }
  if (bits > 0) text += kBase32Alphabet[buffer << (5 - bits) & 31];
}

Result<Bytes> base32_decode(std::string_view text) {
  Bytes bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kBase32Alphabet.find(c);
    if (digit == std::string_view::npos) return refused();
    buffer = (buffer << 5 | static_cast<std::uint32_t>(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
  }
  if ((buffer & ((1U << bits) - 1)) != 0) return refused();  // a second text for the same bytes
  return bytes;
}

}  // namespace

Digest sha2_256(ByteView bytes) {
  Digest digest;
  GL_ASSERT(::SHA256(bytes.data(), bytes.size(), digest.data()) != nullptr);
  return digest;
}

std::string encode_cid(const Cid& cid) {
  const Bytes binary = encode_binary_cid(cid);
  if (cid.version == 0) return base58_encode(binary);
  std::string text(1, 'b');
  append_base32(text, binary);
  return text;
}

Result<Cid> decode_cid(std::string_view text) {
  if (text.size() == kCidV0Length && text.starts_with("Qm")) {
    GL_TRY(binary, base58_decode(text));
    return decode_binary_cid(binary);
  }
  if (text.size() == kCidV1Length && text.starts_with('b')) {
    GL_TRY(binary, base32_decode(text.substr(1)));
    if (binary.size() != kBinaryCidV1Size) return refused();
    return decode_binary_cid(binary);
  }
  return refused();
}

Bytes encode_binary_cid(const Cid& cid) {
  GL_ASSERT(cid.version == 1 || (cid.version == 0 && cid.codec == Codec::kDagPb));
  Bytes bytes(cid.version == 0 ? kMultihashSize : kBinaryCidV1Size);
  auto out = bytes.begin();
  if (cid.version == 1) {
    *out++ = 1;
    *out++ = static_cast<std::uint8_t>(cid.codec);
  }
  out = std::copy(kMultihashPrefix.begin(), kMultihashPrefix.end(), out);
  std::copy(cid.digest.begin(), cid.digest.end(), out);
  return bytes;
}

Result<Cid> decode_binary_cid(ByteView bytes) {
  Cid cid;
  if (bytes.size() == kBinaryCidV1Size) {
    const auto codec = static_cast<Codec>(bytes[1]);
    if (bytes[0] != 1 || (codec != Codec::kRaw && codec != Codec::kDagPb)) return refused();
    cid.version = 1;
    cid.codec = codec;
    bytes = bytes.subspan(2);
  }
  if (bytes.size() != kMultihashSize || !std::equal(kMultihashPrefix.begin(), kMultihashPrefix.end(), bytes.begin())) {
    return refused();
  }
  std::copy(bytes.begin() + kMultihashPrefix.size(), bytes.end(), cid.digest.begin());
  return cid;
}

}  // namespace glucoledger::content_store
