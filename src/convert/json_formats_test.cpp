// Nightscout, Tidepool and Dexcom's API.
#include "convert/test_samples.h"

namespace glucoledger::convert {
namespace {

using test::options;
using test::read_sample;
using test::skipped;

TEST(Nightscout, drops_the_second_uploader_and_keeps_errors_without_a_value) {
  const ImportedFile file = read_sample("nightscout-v1.json");
  EXPECT_EQ(file.format, "nightscout");
  ASSERT_EQ(file.readings.size(), 12U);
  EXPECT_EQ(skipped(file, SkipReason::kDuplicate), 5U);
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 2U);
  EXPECT_EQ(file.readings[3].value, "123");  // written as a text
  EXPECT_EQ(file.readings[5].value, "");
  EXPECT_EQ(file.readings[5].absent_reason, "error");
  EXPECT_EQ(file.readings[6].value, "40");
  EXPECT_EQ(file.readings[6].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(file.readings[7].value, "400");
  EXPECT_EQ(file.readings[7].comparator, cgm::Comparator::kAbove);
  for (const cgm::Reading& reading : file.readings) EXPECT_EQ(reading.utc_offset_minutes, 120);
}

TEST(Nightscout, keeps_two_sensors_at_once) {
  std::string text = "[";
  for (int i = 0; i < 20; ++i) {
    const std::string date = std::to_string(1'717'200'000'000 + i * 300'000);
    text += R"({"type":"sgv","device":"left","date":)" + date + R"(,"sgv":)" + std::to_string(100 + i) + "},";
    text += R"({"type":"sgv","device":"right","date":)" + date + R"(,"sgv":)" + std::to_string(119 - i) + "},";
  }
  text.back() = ']';
  const auto file = read_device_text(text, options());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings.size(), 40U);
}

TEST(Nightscout, reads_api_v3_and_lines) {
  const ImportedFile file = read_sample("nightscout-v3.json");
  ASSERT_EQ(file.readings.size(), 2U);
  EXPECT_EQ(file.readings[0].value, "140");
  EXPECT_EQ(file.readings[1].value, "7.8");
  EXPECT_EQ(file.readings[1].unit, cgm::Unit::kMmolL);
  EXPECT_EQ(file.readings[1].utc_offset_minutes, -240);
  const auto lines = read_device_text(
      "{\"type\":\"sgv\",\"sgv\":100,\"date\":1717200000000}\n{\"type\":\"sgv\",\"sgv\":101,\"date\":1717200300000}\n",
      options());
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->readings.size(), 2U);
  EXPECT_EQ(lines->time_zone, "Europe/Berlin");
}

TEST(Nightscout, takes_an_offset_of_zero_for_zero_where_it_is_spelled_out) {
  const auto file = read_device_text(
      R"([{"type":"sgv","sgv":100,"date":1717200000000,"dateString":"2024-06-01T00:00:00.000+00:00","utcOffset":0}])",
      options());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings[0].utc_offset_minutes, 0);
}

TEST(Nightscout, reads_a_real_shape) {
  const auto path = test::shared_data("nightscout-entries.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto file = read_device_file(path, test::options("UTC"));
  ASSERT_FALSE(file && file->readings.empty());
  auto later = options("UTC");
  later.now_ms = 1'795'000'000'000;
  EXPECT_EQ(read_device_file(path, later)->readings.size(), 1000U);
}

TEST(Tidepool, keeps_the_number_and_tells_what_is_out_of_range) {
  const ImportedFile file = read_sample("tidepool.json");
  EXPECT_EQ(file.format, "tidepool");
  ASSERT_EQ(file.readings.size(), 9U);
  EXPECT_EQ(file.readings[0].value, "5.55075");
  EXPECT_EQ(file.readings[0].unit, cgm::Unit::kMmolL);
  EXPECT_EQ(file.readings[0].utc_offset_minutes, -300);
  EXPECT_EQ(file.readings[3].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(file.readings[4].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(file.readings[6].value, "100");
  EXPECT_EQ(file.readings[6].unit, cgm::Unit::kMgDl);
  EXPECT_EQ(file.readings[7].kind, cgm::Kind::kScan);
  EXPECT_EQ(file.readings[8].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 2U);
}

TEST(DexcomApi, reads_both_versions) {
  const ImportedFile v3 = read_sample("dexcom-api-v3.json");
  ASSERT_EQ(v3.readings.size(), 5U);
  EXPECT_EQ(v3.readings[0].value, "120");
  EXPECT_EQ(v3.readings[0].utc_offset_minutes, -420);
  EXPECT_EQ(v3.readings[0].device_model, "Dexcom G6");
  EXPECT_EQ(v3.readings[1].value, "40");
  EXPECT_EQ(v3.readings[1].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(v3.readings[2].value, "400");
  EXPECT_EQ(v3.readings[3].absent_reason, "unknown");
  EXPECT_EQ(v3.readings[3].value, "");
  const ImportedFile v2 = read_sample("dexcom-api-v2.json");
  ASSERT_EQ(v2.readings.size(), 1U);
  EXPECT_EQ(v2.readings[0].unit, cgm::Unit::kMmolL);
  EXPECT_EQ(v2.readings[0].utc_offset_minutes, 120);
}

}  // namespace
}  // namespace glucoledger::convert
