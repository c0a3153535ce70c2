// Balanced ternary in its three forms: trits (-1, 0, 1), trytes (text of 9A-Z, 3 trits each, least significant first)
// and packed bytes (5 trits a byte).
//
// Tryte '9' is 0, 'A'..'M' are 1..13, 'N'..'Z' are -13..-1. Decoders accept one canonical form and nothing else.
// Source: IOTA reference clients (@iota/converter). Vectors: tests/vectors.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace glucoledger::crypto {

using Trit = std::int8_t;
using Trits = std::vector<Trit>;
using TritView = std::span<const Trit>;

inline constexpr std::size_t kTritsPerTryte = 3;
inline constexpr std::size_t kHashTrytes = 81;
inline constexpr std::size_t kHashTrits = 243;
inline constexpr std::string_view kTryteAlphabet = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// What handles trytes here takes the same steps whatever they are, since seeds pass through: checked by tests/secrets.
bool is_trytes(std::string_view text);
char tryte_of_digit(int digit);  // 0..26: a letter of the alphabet without looking it up

// 81 trytes: a hash, an address, a root. Ordered and hashable; default is 81 x '9'.
class Hash {
 public:
  Hash() { trytes_.fill('9'); }
  static Result<Hash> from_trytes(std::string_view trytes);  // exactly 81
  static Hash from_trits(TritView trits);                    // exactly 243
  std::string_view trytes() const { return {trytes_.data(), trytes_.size()}; }
  std::array<Trit, kHashTrits> trits() const;
  bool is_null() const { return *this == Hash(); }
  friend auto operator<=>(const Hash&, const Hash&) = default;

 private:
  std::array<char, kHashTrytes> trytes_;
};

Trits trits_from_trytes(std::string_view trytes);  // trytes must be valid (asserted)
std::string trytes_from_trits(TritView trits);     // length must be a multiple of 3 (asserted)
void trits_from_trytes(std::string_view trytes, std::span<Trit> out);
void trytes_from_trits(TritView trits, std::span<char> out);

// Signed integers, least significant trit first. Encoding asserts that the value fits; decoding takes up to 33 trits.
void encode_integer(std::int64_t value, std::span<Trit> out);
Result<std::int64_t> decode_integer(TritView trits);

// Of the 243 trits of a hash, 5 a byte.
inline constexpr std::size_t kPackedHashSize = 49;

// 5 trits a byte, least significant first, byte = value + 121 in 0..242; the last byte is padded with zero trits.
Bytes pack_trits(TritView trits);
// Refuses bytes above 242 and padding that is not zero.
Result<Trits> unpack_trits(ByteView bytes, std::size_t length_trits);

// ASCII text, two trytes a byte (b % 27, b / 27). A byte above 127, an odd tail or a pair above 127 is refused.
Result<std::string> trytes_from_ascii(std::string_view text);
Result<std::string> ascii_from_trytes(std::string_view trytes);

// Binary, two trytes a byte: IOTA's TIP 5 (b1t6).
std::string b1t6_encode(ByteView bytes);
Result<Bytes> b1t6_decode(std::string_view trytes);

}  // namespace glucoledger::crypto

template <>
struct std::hash<glucoledger::crypto::Hash> {
  std::size_t operator()(const glucoledger::crypto::Hash& value) const noexcept {
    return std::hash<std::string_view>{}(value.trytes());
  }
};
