#include "base/text.h"

namespace glucoledger::base {

// Source: The Unicode Standard, 3.9, table 3-7 (well-formed UTF-8).
Character first_character(std::string_view text) {
  constexpr Character kNone{kNoCharacter, 1};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return kNone;
  char32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return kNone;
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool is_overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (is_overlong || is_surrogate || code > 0x10FFFF) return kNone;
  return {code, size};
}

bool is_control(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return true;
  const bool turns_direction = code == 0x061C || code == 0x200E || code == 0x200F ||
                               (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return turns_direction || code == 0x2028 || code == 0x2029;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (code == kNoCharacter || is_control(code)) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace glucoledger::base
