#include "base/text.h"

#include <gtest/gtest.h>

namespace glucoledger::base {
namespace {

TEST(TextTest, TellsWhatPeopleCanRead) {
  for (const char* text : {"", "dr-young", "Gül & Söhne", "李医生", "Δρ. Παπαδοπούλου", "\U0001F9EA lab"}) {
    EXPECT_TRUE(is_printable(text)) << text;
  }
  for (const char* text : {"a\tb", "a\nb", "\x1b[31m", "\x7f", "\u009b", "a\u202eb", "\u2066", "a\u2028b"}) {
    EXPECT_FALSE(is_printable(text));
  }
}

TEST(TextTest, BytesThatAreNoUtf8AreNoCharacters) {
  for (const char* text : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                           "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_EQ(first_character(text).code, kNoCharacter);
    EXPECT_FALSE(is_printable(text));
  }
  EXPECT_EQ(first_character("\xf0\x9f\xa7\xaa").code, 0x1F9EAU);
  EXPECT_EQ(first_character("é").size, 2U);
}

}  // namespace
}  // namespace glucoledger::base
