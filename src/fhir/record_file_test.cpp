#include "fhir/record_file.h"

#include <gtest/gtest.h>

namespace glucoledger::fhir {
namespace {

TEST(RecordFile, HoldsOneResourceALine) {
  EXPECT_EQ(join_records({R"({"a":1})", R"({"b":[{}]})"}), "[\n{\"a\":1},\n{\"b\":[{}]}\n]\n");
  EXPECT_EQ(join_records({}), "[\n]\n");
}

TEST(RecordFile, SplitsWhateverLayoutTheArrayHas) {
  const auto records = split_records(" [ {\"a\" : \"},{\"} ,{\"b\":[{},[]]}\n,{}]");
  ASSERT_TRUE(records);
  EXPECT_EQ(*records, (std::vector<std::string_view>{"{\"a\" : \"},{\"}", "{\"b\":[{},[]]}", "{}"}));
  EXPECT_TRUE(split_records("[]")->empty());
}

TEST(RecordFile, RefusesEverythingElse) {
  for (const char* wrong : {"", "{}", "[1]", "[{}", "[{}]]", "[{},]", "null", "[{\"a\":]"}) {
    EXPECT_FALSE(split_records(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace glucoledger::fhir
