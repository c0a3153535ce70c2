// CRC: the check value of CRC-16/MCRF4XX in the catalogue of parametrised CRC algorithms. SFLOAT specials: IEEE 11073.
#include "convert/gatt_cgm.h"

#include "convert/test_samples.h"

namespace glucoledger::convert {
namespace {

using test::options;
using test::skipped;

TEST(GattCgm, has_the_crc_of_the_catalogue) {
  EXPECT_EQ(gatt_crc(base::as_bytes("123456789")), 0x6F91);
}

TEST(GattCgm, reads_short_floats_exactly) {
  EXPECT_EQ(sfloat_text(0x0078), "120");
  EXPECT_EQ(sfloat_text(0xF4B5), "120.5");
  EXPECT_EQ(sfloat_text(0x100C), "120");
  EXPECT_EQ(sfloat_text(0xE005), "0.05");
  EXPECT_EQ(sfloat_text(0x0FFF), "-1");
  EXPECT_EQ(sfloat_text(0x0000), "0");
  for (int special = 0x07FE; special <= 0x0802; ++special) {
    EXPECT_FALSE(sfloat_text(static_cast<std::uint16_t>(special)));
  }
}

TEST(GattCgm, reads_the_example_of_the_specification) {
  const Bytes octets{0x06, 0x00, 0x78, 0x00, 0x1E, 0x00};
  const auto measurement = parse_gatt_measurement(octets);
  ASSERT_TRUE(measurement);
  EXPECT_EQ(measurement->glucose_mg_dl, "120");
  EXPECT_EQ(measurement->time_offset_minutes, 30);
}

TEST(GattCgm, reads_a_capture) {
  const ImportedFile file = test::read_sample("bluetooth-cgm.txt");
  EXPECT_EQ(file.format, "bluetooth-cgm");
  ASSERT_EQ(file.readings.size(), 10U);
  EXPECT_EQ(file.readings[0].utc_ms, 1'729'985'400'000);  // 2024-10-27T01:00 + 30 min, +02:00
  EXPECT_EQ(file.readings[0].utc_offset_minutes, 120);
  EXPECT_EQ(file.readings[0].identity, "tick|30|session 2024-10-27T01:00:00");
  EXPECT_EQ(file.readings[1].value, "121");
  EXPECT_EQ(file.readings[2].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(file.readings[3].absent_reason, "not-a-number");
  EXPECT_EQ(file.readings[4].absent_reason, "error");
  EXPECT_EQ(file.readings[7].value, "12.5");
  EXPECT_EQ(file.readings[8].absent_reason, "error");  // the sensor says that it is broken
  EXPECT_EQ(file.readings[9].utc_offset_minutes, 60);  // no zone in the session: the home's
  EXPECT_EQ(skipped(file, SkipReason::kChecksum), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kMalformed), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 1U);
}

TEST(GattCgm, needs_a_session_start) {
  const auto file = read_device_text("06 00 78 00 1E 00\n", options());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kInputRefused);
  EXPECT_NE(file.error().next_step.find("2AAA"), std::string::npos);
  const auto named = read_device_text("# Session Start Time: 2024-06-01T08:00:00Z\n060078001E00\n", options());
  ASSERT_TRUE(named);
  EXPECT_EQ(named->readings[0].utc_ms, 1'717'230'600'000);
  const auto late = read_device_text("060078001E00\nSession Start Time: 2024-06-01T08:00:00Z\n", options());
  ASSERT_TRUE(late);
  EXPECT_EQ(late->readings[0].utc_ms, 1'717'230'600'000);
}

}  // namespace
}  // namespace glucoledger::convert
