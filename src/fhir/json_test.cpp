#include "fhir/json.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace glucoledger::fhir {
namespace {

TEST(Json, NumbersKeepTheirText) {
  for (const char* text : {"8.10", "1.0e2", "0.30000000000000004", "153", "-1.50", "123456789012345678901234567890"}) {
    const auto json = parse_json(text);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(write_json(*json), text);
  }
}

TEST(Json, MembersKeepTheirOrder) {
  const std::string text = R"({"z":1,"a":[true,null,{"k":"v"}],"m":{},"e":[]})";
  EXPECT_EQ(write_json(parse_json(text).value()), text);
}

TEST(Json, WritesAsciiAlone) {
  EXPECT_EQ(write_json(Json("M\xc3\xbcller \xf0\x9f\x92\x89 \"\\\n")), R"("M\u00fcller \ud83d\udc89 \"\\\n")");
  EXPECT_EQ(write_json(Json("bad \xff byte")), R"("bad \ufffd byte")");
}

TEST(Json, PrettyPrintsWithTwoSpaces) {
  EXPECT_EQ(write_json(parse_json(R"({"a":[1,2],"b":{"c":"d"},"e":[]})").value(), true),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {\n    \"c\": \"d\"\n  },\n  \"e\": []\n}");
}

TEST(Json, RefusesWhatIsNotStrict) {
  for (const char* text : {"", "{", "{}{}", "{'a':1}", "[1,]", "{\"a\":1,\"a\":2}", "NaN", "01", "1.", "// c\n1",
                           "\"\xff\"", "\"\\ud800\"", "1e999", "\"a\nb\""}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
}

TEST(Json, RefusesWhatIsTooDeepOrTooLarge) {
  const std::size_t depth = base::limits::kJsonDepthMax;
  EXPECT_TRUE(parse_json(std::string(depth, '[') + std::string(depth, ']')));
  EXPECT_FALSE(parse_json(std::string(depth + 1, '[') + std::string(depth + 1, ']')));
  EXPECT_FALSE(parse_json(std::string(500'000, '[')));
  EXPECT_FALSE(parse_json('"' + std::string(base::limits::kResourceSizeMax, 'x') + '"'));
}

TEST(Json, ErrorsHoldNothingOfTheDocument) {
  const auto json = parse_json(R"({"name":"Marker-4711", oops})");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().message.find("Marker"), std::string::npos);
}

}  // namespace
}  // namespace glucoledger::fhir
