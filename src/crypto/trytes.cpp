#include "crypto/trytes.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/declassify.h"

namespace glucoledger::crypto {
namespace {

constexpr int kTryteRadix = 27;
constexpr std::size_t kTritsPerByte = 5;
constexpr int kByteOffset = 121;  // (3^5 - 1) / 2

// Tryte <-> -13..13 by arithmetic alone: seeds pass through here, and a table would leave traces of them in the cache.
int value_of_tryte(char tryte) {
  const int letter = tryte - ('A' - 1);  // A..Z: 1..26; '9': negative
  const int wrapped = letter - 27 * static_cast<int>(letter > 13);
  return wrapped * static_cast<int>(tryte != '9');
}

// Its trits, the first in the lowest byte. Division by 3 and 9 is exact up to 26.
std::uint32_t three_trits(char tryte) {
  const auto digits = static_cast<std::uint32_t>(value_of_tryte(tryte) + 13);
  const std::uint32_t threes = digits * 171 >> 9;
  const std::uint32_t nines = digits * 57 >> 9;
  const std::uint32_t each = (digits - 3 * threes) | (threes - 3 * nines) << 8 | nines << 16;  // 0, 1, 2
  return ((each | 0x808080) - 0x010101) ^ 0x808080;
}

char tryte_of_value(int value) {
  return tryte_of_digit(value + (27 & value >> 31));
}

// 0..26, for '9', 'A'..'Z'.
int digit_of_tryte(char tryte) {
  return (tryte - ('A' - 1)) * static_cast<int>(tryte != '9');
}

}  // namespace

char tryte_of_digit(int digit) {
  const int zero = ~((digit | -digit) >> 31);  // shifts spread the sign: compilers make branches of comparisons
  return static_cast<char>(digit + ('A' - 1) - (7 & zero));  // 'A' - 1 - 7 = '9'
}

bool is_trytes(std::string_view text) {
  unsigned others = 0;
  for (const char c : text) {
    others |= static_cast<unsigned>(c != '9') & static_cast<unsigned>(static_cast<unsigned char>(c - 'A') > 'Z' - 'A');
  }
  return base::declassified(others == 0);
}

Result<Hash> Hash::from_trytes(std::string_view trytes) {
  if (trytes.size() != kHashTrytes) {
    return fail(ErrorCode::kInputRefused, "a hash has 81 trytes, this has " + std::to_string(trytes.size()));
  }
  if (!is_trytes(trytes)) return fail(ErrorCode::kInputRefused, "a hash holds only the letters A to Z and 9");
  Hash hash;
  std::copy(trytes.begin(), trytes.end(), hash.trytes_.begin());
  return hash;
}

Hash Hash::from_trits(TritView trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  Hash hash;
  trytes_from_trits(trits, hash.trytes_);
  return hash;
}

std::array<Trit, kHashTrits> Hash::trits() const {
  std::array<Trit, kHashTrits> trits;
  trits_from_trytes(trytes(), trits);
  return trits;
}

void trits_from_trytes(std::string_view trytes, std::span<Trit> out) {
  GL_ASSERT(is_trytes(trytes) && out.size() == trytes.size() * kTritsPerTryte);
  // A block of words with a tryte's trits in their low bytes, so that the compiler can compute several at a time.
  std::array<std::uint32_t, 64> words;
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t begin = 0; begin < trytes.size(); begin += words.size()) {
    const std::string_view block = trytes.substr(begin, words.size());
    for (std::size_t k = 0; k < block.size(); ++k) words[k] = three_trits(block[k]);
    Trit* to = out.data() + 3 * begin;
    for (std::size_t k = 0; k + 1 < block.size(); ++k, to += 3) std::memcpy(to, &words[k], 4);  // one byte too many
    std::memcpy(to, &words[block.size() - 1], 3);
  }
  sodium_memzero(words.data(), sizeof words);  // they may have been a seed
}

void trytes_from_trits(TritView trits, std::span<char> out) {
  GL_ASSERT(trits.size() == out.size() * kTritsPerTryte);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = tryte_of_value(trits[3 * i] + 3 * trits[3 * i + 1] + 9 * trits[3 * i + 2]);
  }
}

Trits trits_from_trytes(std::string_view trytes) {
  Trits trits(trytes.size() * kTritsPerTryte);
  trits_from_trytes(trytes, trits);
  return trits;
}

std::string trytes_from_trits(TritView trits) {
  GL_ASSERT(trits.size() % kTritsPerTryte == 0);
  std::string trytes(trits.size() / kTritsPerTryte, '9');
  trytes_from_trits(trits, std::span<char>(trytes));
  return trytes;
}

void encode_integer(std::int64_t value, std::span<Trit> out) {
  for (Trit& trit : out) {
    const int remainder = static_cast<int>(value % 3);  // -2..2
    const int carry = static_cast<int>(remainder > 1) - static_cast<int>(remainder < -1);
    trit = static_cast<Trit>(remainder - 3 * carry);
    value = value / 3 + carry;
  }
  GL_ASSERT(value == 0);
}

Result<std::int64_t> decode_integer(TritView trits) {
  constexpr std::size_t kTritsMax = 33;
  const std::size_t used = std::min(trits.size(), kTritsMax);
  for (const Trit trit : trits.subspan(used)) {
    if (trit != 0) return fail(ErrorCode::kInputRefused, "a number of more than 33 trits");
  }
  std::int64_t value = 0;
  for (std::size_t i = used; i-- > 0;) value = 3 * value + trits[i];
  return value;
}

Bytes pack_trits(TritView trits) {
  Bytes bytes((trits.size() + kTritsPerByte - 1) / kTritsPerByte);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const TritView group = trits.subspan(i * kTritsPerByte, std::min(kTritsPerByte, trits.size() - i * kTritsPerByte));
    int value = 0;
    for (std::size_t k = group.size(); k-- > 0;) value = 3 * value + group[k];
    bytes[i] = static_cast<std::uint8_t>(value + kByteOffset);
  }
  return bytes;
}

Result<Trits> unpack_trits(ByteView bytes, std::size_t length_trits) {
  if (bytes.size() != length_trits / kTritsPerByte + (length_trits % kTritsPerByte != 0 ? 1 : 0)) {
    return fail(ErrorCode::kInputRefused, "packed trits of the wrong length");
  }
  Trits trits(bytes.size() * kTritsPerByte);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    int digits = bytes[i];
    if (digits > 2 * kByteOffset) return fail(ErrorCode::kInputRefused, "a byte above 242 holds no trits");
    for (std::size_t k = 0; k < kTritsPerByte; ++k, digits /= 3) {
      trits[i * kTritsPerByte + k] = static_cast<Trit>(digits % 3 - 1);
    }
  }
  const auto padding = std::span(trits).subspan(length_trits);
  if (std::any_of(padding.begin(), padding.end(), [](Trit trit) { return trit != 0; })) {
    return fail(ErrorCode::kInputRefused, "packed trits with padding that is not zero");
  }
  trits.resize(length_trits);
  return trits;
}

Result<std::string> trytes_from_ascii(std::string_view text) {
  unsigned all_bits = 0;
  for (const char c : text) all_bits |= static_cast<unsigned char>(c);
  if (base::declassified(all_bits > 127)) {
    return fail(ErrorCode::kInputRefused, "the text holds a byte that is not ASCII",
                "escape it first, in JSON as \\uXXXX");
  }
  std::string trytes(2 * text.size(), '9');
  for (std::size_t i = 0; i < text.size(); ++i) {
    trytes[2 * i] = tryte_of_digit(text[i] % kTryteRadix);
    trytes[2 * i + 1] = tryte_of_digit(text[i] / kTryteRadix);
  }
  return trytes;
}

Result<std::string> ascii_from_trytes(std::string_view trytes) {
  if (!is_trytes(trytes)) return fail(ErrorCode::kInputRefused, "trytes hold only the letters A to Z and 9");
  if (trytes.size() % 2 != 0) return fail(ErrorCode::kInputRefused, "an odd number of trytes is no ASCII text");
  std::string text(trytes.size() / 2, '\0');
  int all_bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = digit_of_tryte(trytes[2 * i]) + kTryteRadix * digit_of_tryte(trytes[2 * i + 1]);
    all_bits |= byte;
    text[i] = static_cast<char>(byte);
  }
  if (base::declassified(all_bits > 127)) return fail(ErrorCode::kInputRefused, "the trytes are no ASCII text");
  return text;
}

std::string b1t6_encode(ByteView bytes) {
  std::string trytes;
  trytes.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    const int digits = static_cast<std::int8_t>(byte) + 364;  // (3^6 - 1) / 2
    trytes += tryte_of_value(digits % kTryteRadix - 13);
    trytes += tryte_of_value(digits / kTryteRadix - 13);
  }
  return trytes;
}

Result<Bytes> b1t6_decode(std::string_view trytes) {
  if (!is_trytes(trytes) || trytes.size() % 2 != 0) {
    return fail(ErrorCode::kInputRefused, "bytes are an even number of trytes");
  }
  Bytes bytes;
  bytes.reserve(trytes.size() / 2);
  for (std::size_t i = 0; i < trytes.size(); i += 2) {
    const int value = value_of_tryte(trytes[i]) + kTryteRadix * value_of_tryte(trytes[i + 1]);
    if (value < -128 || value > 127) return fail(ErrorCode::kInputRefused, "two trytes that stand for no byte");
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return bytes;
}

}  // namespace glucoledger::crypto
