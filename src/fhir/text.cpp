#include "fhir/text.h"

#include <array>
#include <cstdint>

namespace glucoledger::fhir {
namespace {

// The bytes of the UTF-8 character at the start of `text`; 0 where there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const std::uint8_t second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

bool is_blank(std::string_view character) {
  const auto first = static_cast<std::uint8_t>(character[0]);
  if (character.size() == 1) return first <= 0x20 || first == 0x7f;
  return (first == 0xc2 && static_cast<std::uint8_t>(character[1]) < 0xa0) || character == "\xef\xbf\xbe" ||
         character == "\xef\xbf\xbf";
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t length_max) {
  std::string clean;
  bool gap = false;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view character = size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
    if (is_blank(character)) {
      gap = !clean.empty();
      continue;
    }
    if (clean.size() + character.size() + 1 > length_max) break;
    if (gap) clean += ' ';
    gap = false;
    clean += character;
  }
  return clean;
}

std::string xhtml_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace glucoledger::fhir
