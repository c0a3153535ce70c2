#include "cgm/glucose.h"

#include <gtest/gtest.h>

#include <string>

namespace glucoledger::cgm {
namespace {

TEST(Glucose, ReadsPlainDecimals) {
  EXPECT_EQ(parse_decimal("153").value(), 153.0);
  EXPECT_EQ(parse_decimal("8.10").value(), 8.1);
  EXPECT_EQ(parse_decimal("0.5").value(), 0.5);
}

TEST(Glucose, RefusesEverythingElse) {
  for (const char* text : {"", ".", "5.", ".5", "-5", "+5", "1e2", "0x10", "5 ", " 5", "1.2.3", "5,6", "nan", "inf",
                           "Low", "1234567890123456789012345"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
  EXPECT_FALSE(parse_decimal(std::string_view("5\0", 2)));
}

TEST(Glucose, RangesOfTheConsensusInBothUnits) {
  EXPECT_EQ(range_of(53.9, Unit::kMgDl), Range::kVeryLow);
  EXPECT_EQ(range_of(54, Unit::kMgDl), Range::kLow);
  EXPECT_EQ(range_of(69.9, Unit::kMgDl), Range::kLow);
  EXPECT_EQ(range_of(70, Unit::kMgDl), Range::kInRange);
  EXPECT_EQ(range_of(180, Unit::kMgDl), Range::kInRange);
  EXPECT_EQ(range_of(180.1, Unit::kMgDl), Range::kHigh);
  EXPECT_EQ(range_of(250, Unit::kMgDl), Range::kHigh);
  EXPECT_EQ(range_of(251, Unit::kMgDl), Range::kVeryHigh);
  EXPECT_EQ(range_of(2.9, Unit::kMmolL), Range::kVeryLow);
  EXPECT_EQ(range_of(3.0, Unit::kMmolL), Range::kLow);
  EXPECT_EQ(range_of(3.9, Unit::kMmolL), Range::kInRange);
  EXPECT_EQ(range_of(10.0, Unit::kMmolL), Range::kInRange);
  EXPECT_EQ(range_of(13.9, Unit::kMmolL), Range::kHigh);
  EXPECT_EQ(range_of(14.0, Unit::kMmolL), Range::kVeryHigh);
}

TEST(Glucose, WhatWasConvertedCountsAsTheWholeMgDlThatItWas) {
  for (const char* text : {"3.88552", "3.8849607618963047", "3.8889", "3.885"}) {
    EXPECT_EQ(range_of(text, Unit::kMmolL), Range::kInRange) << text;
  }
  for (const char* text : {"2.9974", "2.996969730605721", "3.83001", "3.8294613224406433"}) {
    EXPECT_EQ(range_of(text, Unit::kMmolL), Range::kLow) << text;
  }
  EXPECT_EQ(range_of("2.94189", Unit::kMmolL), Range::kVeryLow);
  EXPECT_EQ(range_of("9.99135", Unit::kMmolL), Range::kInRange);
  EXPECT_EQ(range_of("13.87687", Unit::kMmolL), Range::kHigh);
  EXPECT_EQ(range_of("69.99991", Unit::kMgDl), Range::kInRange);
  EXPECT_EQ(range_of("180.00004", Unit::kMgDl), Range::kInRange);
  // What a device shows stays what it shows, and so does what no whole mg/dL is.
  EXPECT_EQ(range_of("3.89", Unit::kMmolL), Range::kLow);
  EXPECT_EQ(range_of("3.9", Unit::kMmolL), Range::kInRange);
  EXPECT_EQ(range_of("3.8931", Unit::kMmolL), Range::kLow);
  EXPECT_EQ(range_of("69.95", Unit::kMgDl), Range::kLow);
  EXPECT_EQ(range_of("69.951", Unit::kMgDl), Range::kLow);
}

TEST(Glucose, ConvertsWithTheFactorOfTheHouse) {
  EXPECT_NEAR(to_mg_dl(5.5, Unit::kMmolL), 99.085745, 1e-9);
  EXPECT_NEAR(to_mmol_l(100, Unit::kMgDl), 5.550748, 1e-6);
  EXPECT_EQ(to_mg_dl(100, Unit::kMgDl), 100);
  EXPECT_EQ(converted_text("153", Unit::kMgDl, Unit::kMmolL), "8.5");
  EXPECT_EQ(converted_text("8.5", Unit::kMmolL, Unit::kMgDl), "153");
  EXPECT_EQ(converted_text("8.10", Unit::kMmolL, Unit::kMmolL), "8.10");
}

TEST(Glucose, RoundingNeverMovesAReadingToAnotherRange) {
  EXPECT_EQ(converted_text("181", Unit::kMgDl, Unit::kMmolL), "10.05");
  EXPECT_EQ(converted_text("251", Unit::kMgDl, Unit::kMmolL), "13.93");
  EXPECT_EQ(converted_text("180.1", Unit::kMgDl, Unit::kMmolL), "10.01");
  EXPECT_EQ(converted_text("3.89", Unit::kMmolL, Unit::kMgDl), "69.9");
  for (int tenths = 1; tenths < 10'000; ++tenths) {
    const std::string value = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
    for (const Unit from : {Unit::kMgDl, Unit::kMmolL}) {
      const Unit to = from == Unit::kMgDl ? Unit::kMmolL : Unit::kMgDl;
      const std::string converted = converted_text(value, from, to);
      ASSERT_TRUE(parse_decimal(converted)) << value;
      EXPECT_EQ(range_of(*parse_decimal(value), from), range_of(*parse_decimal(converted), to)) << value << converted;
    }
  }
}

}  // namespace
}  // namespace glucoledger::cgm
