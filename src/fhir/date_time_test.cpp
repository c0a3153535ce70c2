#include "fhir/date_time.h"

#include <gtest/gtest.h>

namespace glucoledger::fhir {
namespace {

// Instants from GNU date: date -u -d 2019-05-01T08:30:00+02:00 +%s
TEST(DateTime, WritesLocalTimeWithItsOffset) {
  EXPECT_EQ(date_time(1556692200000, 120), "2019-05-01T08:30:00+02:00");
  EXPECT_EQ(date_time(1556692200000, 0), "2019-05-01T06:30:00Z");
  EXPECT_EQ(date_time(1556692200000, -570), "2019-04-30T21:00:00-09:30");
  EXPECT_EQ(date_time(1556692200250, 0), "2019-05-01T06:30:00.250Z");
  EXPECT_EQ(date_time(951868799000, 0), "2000-02-29T23:59:59Z");
  EXPECT_EQ(date_time(-1, 0), "1969-12-31T23:59:59.999Z");
}

TEST(DateTime, ReadsWhatItWritesAndOthersWrite) {
  const auto instant = parse_date_time("2019-05-01T08:30:00+02:00");
  ASSERT_TRUE(instant);
  EXPECT_EQ(instant->utc_ms, 1556692200000);
  EXPECT_EQ(instant->utc_offset_minutes, 120);
  EXPECT_EQ(parse_date_time("2019-04-30T21:00:00-09:30")->utc_ms, 1556692200000);
  EXPECT_EQ(parse_date_time("2019-05-01T06:30:00.2509999Z")->utc_ms, 1556692200250);
  EXPECT_EQ(parse_date_time("1969-12-31T23:59:59.999Z")->utc_ms, -1);
  EXPECT_EQ(parse_date_time("2000-02-29T23:59:59Z")->utc_ms, 951868799000);
}

TEST(DateTime, RefusesWhatIsNoInstant) {
  for (const char* text : {"",
                           "2019",
                           "2019-05-01",
                           "2019-05-01T08:30:00",
                           "2019-05-01T08:30Z",
                           "2019-05-01 08:30:00Z",
                           "2019-02-29T08:30:00Z",
                           "2019-13-01T08:30:00Z",
                           "2019-05-01T24:00:00Z",
                           "2019-05-01T08:60:00Z",
                           "2019-05-01T08:30:60Z",
                           "2019-05-01T08:30:00+15:00",
                           "2019-05-01T08:30:00+02:60",
                           "2019-05-01T08:30:00+0200",
                           "2019-05-01T08:30:00.Z",
                           "2019-05-01T08:30:00Z ",
                           " 2019-05-01T08:30:00Z",
                           "2019-05-01T08:30:00ZJohn",
                           "John Doe",
                           "0000-01-01T00:00:00Z",
                           "2019-05-01T08:30:00\xe2\x88\x92"
                           "02:00"}) {
    EXPECT_FALSE(parse_date_time(text)) << text;
  }
}

}  // namespace
}  // namespace glucoledger::fhir
