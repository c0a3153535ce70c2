// Text that people read: what may stand in a name, and what is shown of what came from outside.
#pragma once

#include <cstddef>
#include <string_view>

namespace glucoledger::base {

// One character of UTF-8, as it stands in a text.
struct Character {
  char32_t code = 0;     // kNoCharacter: a byte that belongs to none
  std::size_t size = 1;  // in bytes
};
inline constexpr char32_t kNoCharacter = 0xFFFFFFFF;

// The one that begins at `text`, which is not empty.
Character first_character(std::string_view text);
// What commands a terminal, or turns the order in which the rest is shown: control characters (C0, DEL, C1), line and
// paragraph separators, and those of writing direction.
bool is_control(char32_t code);
// UTF-8 without any of them.
bool is_printable(std::string_view text);

}  // namespace glucoledger::base
