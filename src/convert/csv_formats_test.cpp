// Dexcom Clarity, LibreView, xDrip+ and plain CSV. Expected instants: Python's zoneinfo, on the script that invented
// the samples.
#include <algorithm>
#include <set>

#include "base/advice.h"
#include "convert/test_samples.h"

namespace glucoledger::convert {
namespace {

using test::options;
using test::read_sample;
using test::skipped;

TEST(DexcomClarity, puts_the_autumn_night_on_the_time_line_by_the_transmitter) {
  const ImportedFile file = read_sample("clarity-g6-berlin-autumn.csv");
  EXPECT_EQ(file.format, "dexcom-clarity");
  ASSERT_EQ(file.readings.size(), 42U);
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 2U);
  for (int i = 0; i < 40; ++i) {  // values count up in time, though the file is sorted by wall time
    const cgm::Reading& reading = file.readings[static_cast<std::size_t>(i)];
    EXPECT_EQ(reading.value, std::to_string(100 + i));
    EXPECT_EQ(reading.utc_ms, 1'729'985'411'000 + i * 300'000 + i % 3 * 1000);
    EXPECT_EQ(reading.utc_offset_minutes, reading.utc_ms < 1'729'990'800'000 ? 120 : 60);
  }
  EXPECT_EQ(file.readings[0].identity, "tick|500000|8ABC12");
  EXPECT_EQ(file.readings[0].device_model, "Dexcom G6 Mobile App");
  EXPECT_EQ(file.readings[0].device_serial, "iOS G6");
  EXPECT_EQ(file.readings[40].value, "40");
  EXPECT_EQ(file.readings[40].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(file.readings[41].value, "400");
  EXPECT_EQ(file.readings[41].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(file.patient.given_name, "Erika");
  EXPECT_EQ(file.patient.family_name, "Mustermann");
  EXPECT_EQ(file.patient.birth_date, "1975-03-04");
  EXPECT_EQ(file.time_zone, "Europe/Berlin");
  EXPECT_EQ(file.time_zone_source, ZoneSource::kHome);
}

TEST(DexcomClarity, sees_a_journey_in_the_ticks) {
  std::string text =
      "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device "
      "ID,Glucose "
      "Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),Glucose Rate of Change (mg/dL/min),"
      "Transmitter Time (Long Integer),Transmitter ID\n";
  for (int i = 0; i < 5; ++i)
    text +=
        "1,2024-06-01T12:0" + std::to_string(i) + ":00,EGV,,,,X,100,,,,," + std::to_string(60 * i + 60) + ",8ABCDE\n";
  text += "6,2024-06-01T09:00:00,EGV,,,,X,101,,,,,10860,8ABCDE\n";  // three hours on, and six hours west
  const auto file = read_device_text(text, options());
  ASSERT_TRUE(file);
  ASSERT_EQ(file->readings.size(), 6U);
  EXPECT_EQ(file->readings[5].utc_ms - file->readings[0].utc_ms, 10'800'000);
  EXPECT_EQ(file->readings[5].utc_offset_minutes, -240);
  EXPECT_EQ(file->warnings.size(), 1U);
}

TEST(DexcomClarity, reads_mmol_in_other_languages_and_without_transmitter_columns) {
  const ImportedFile german = read_sample("clarity-g7-german.csv");
  ASSERT_EQ(german.readings.size(), 8U);
  EXPECT_EQ(german.readings[0].value, "5.8");
  EXPECT_EQ(german.readings[0].unit, cgm::Unit::kMmolL);
  EXPECT_EQ(german.readings[3].value, "2.2");
  EXPECT_EQ(german.readings[3].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(german.readings[4].value, "22.2");
  EXPECT_EQ(german.readings[4].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(german.readings[0].identity, "wall|sensor|2024-06-02T00:00:07|0|android G7");
  EXPECT_EQ(german.patient.family_name, "Groß");
  const ImportedFile quoted = read_sample("clarity-g7-mmol-quoted.csv");
  ASSERT_EQ(quoted.readings.size(), 5U);
  EXPECT_EQ(quoted.readings[0].identity, "tick|4237574|123456789012");
  EXPECT_EQ(quoted.patient.family_name, "O'Neil, \"Annie\"");
}

TEST(DexcomClarity, tells_of_a_word_for_an_end_of_the_range_that_it_does_not_know) {
  const ImportedFile file = read_sample("clarity-unknown-words.csv");
  ASSERT_EQ(file.readings.size(), 2U);
  EXPECT_EQ(file.readings[0].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(file.readings[1].comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(skipped(file, SkipReason::kUnknownEnd), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kBadValue), 1U);
}

TEST(DexcomClarity, reads_a_real_export) {
  const auto path = test::shared_data("dexcom-clarity-g6-subject-1.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto file = read_device_file(path, options("America/New_York"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings.size(), 2847U);
  EXPECT_EQ(file->readings.front().value, "92");
  EXPECT_EQ(file->readings.front().utc_ms, 1'688'316'917'000);  // 2023-07-02T12:55:17-04:00
  EXPECT_EQ(file->readings.front().device_model, "Dexcom G6 Receiver");
  EXPECT_EQ(file->patient.birth_date, "1968-02-23");
  const auto low = std::count_if(file->readings.begin(), file->readings.end(), [](const cgm::Reading& reading) {
    return reading.comparator == cgm::Comparator::kBelow && reading.value == "40";
  });
  EXPECT_GT(low, 0);
}

TEST(LibreView, tells_the_two_passes_of_the_autumn_night_by_the_order_of_rows) {
  const ImportedFile file = read_sample("libreview-us-new-york-autumn.csv", options("America/New_York"));
  ASSERT_EQ(file.readings.size(), 28U);
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(file.readings[static_cast<std::size_t>(i)].value, std::to_string(90 + i));
    EXPECT_EQ(file.readings[static_cast<std::size_t>(i)].utc_ms, 1'730'606'520'000 + i * 900'000);
  }
  const std::string serial = "1a2b3c4d-0000-4000-8000-00000000abcd";
  EXPECT_EQ(file.readings[4].identity, "wall|sensor|2024-11-03T01:02:00|0|" + serial);
  EXPECT_EQ(file.readings[8].identity, "wall|sensor|2024-11-03T01:02:00|1|" + serial);
  EXPECT_EQ(file.readings[24].kind, cgm::Kind::kScan);
  EXPECT_EQ(file.readings[25].value, "500");
  EXPECT_EQ(file.readings[25].comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(file.readings[26].value, "40");
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 2U);
  EXPECT_TRUE(file.patient.empty());
}

TEST(LibreView, reads_the_columns_of_every_language) {
  for (const char* language : {"german", "french", "spanish", "italian"}) {
    const ImportedFile file = read_sample(std::string("libreview-") + language + ".csv");
    EXPECT_EQ(file.format, "libreview") << language;
    ASSERT_EQ(file.readings.size(), 9U) << language;
    EXPECT_EQ(file.readings[0].value, "100");
    const bool afternoon = std::string(language) == "spanish";
    EXPECT_EQ(file.readings[0].utc_ms, 1'707'782'700'000 + (afternoon ? 43'200'000 : 0)) << language;
    EXPECT_EQ(file.readings[8].kind, cgm::Kind::kScan);
  }
}

TEST(LibreView, mends_rows_torn_by_decimal_commas) {
  for (const char* name : {"libreview-dutch-mmol.csv", "libreview-torn-commas.csv"}) {
    const ImportedFile file = read_sample(name);
    ASSERT_GE(file.readings.size(), 7U);
    EXPECT_EQ(file.readings[0].value, "5.6") << name;
    EXPECT_EQ(file.readings[5].value, "6.1") << name;
    EXPECT_EQ(file.readings.back().value, "7.7") << name;
    EXPECT_EQ(file.readings.back().unit, cgm::Unit::kMmolL);
  }
}

TEST(LibreView, asks_for_the_order_of_day_and_month) {
  const std::string path = test::sample_path("libreview-ambiguous-dates.csv");
  const auto refused = read_device_file(path, options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(refused.error().advice, Advice::kSayDateOrder);
  auto with = options("UTC");
  with.date_order = DateOrder::kMonthDayYear;
  EXPECT_EQ(read_device_file(path, with)->readings.front().utc_ms, 1'704'153'600'000);  // 2024-01-02
  with.date_order = DateOrder::kDayMonthYear;
  EXPECT_EQ(read_device_file(path, with)->readings.front().utc_ms, 1'706'745'600'000);  // 2024-02-01
}

TEST(LibreView, reads_a_real_shape) {
  const auto path = test::shared_data("libreview-libre-3.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto file = read_device_file(path, options("UTC"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings.size(), 4620U);
  EXPECT_EQ(skipped(*file, SkipReason::kNotASensorValue), 936U);
  ASSERT_EQ(skipped(*file, SkipReason::kConflict), 1U);
  EXPECT_EQ(file->skipped.back().listed[0].line, 4389U);
  EXPECT_EQ(file->skipped.back().listed[0].other_line, 4388U);
}

TEST(Xdrip, sorts_out_row_by_row) {
  const ImportedFile file = read_sample("xdrip-berlin-spring.csv");
  EXPECT_EQ(file.format, "xdrip");
  ASSERT_EQ(file.readings.size(), 8U);
  for (int i = 0; i < 8; ++i) {  // the clock was not put forward: time goes on evenly
    EXPECT_EQ(file.readings[static_cast<std::size_t>(i)].utc_ms, 1'711'843'200'000 + i * 900'000);
    EXPECT_EQ(file.readings[static_cast<std::size_t>(i)].utc_offset_minutes, 60);
  }
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 2U);
  EXPECT_EQ(skipped(file, SkipReason::kNoTime), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kBadValue), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kImpossibleValue), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kFuture), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kDuplicate), 1U);
  EXPECT_EQ(skipped(file, SkipReason::kConflict), 1U);
  EXPECT_EQ(file.skipped_count() + file.readings.size(), file.rows);
}

TEST(PlainCsv, asks_whose_readings_to_take) {
  const auto refused = read_device_file(test::sample_path("plain-two-people.csv"), options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(refused.error().advice, Advice::kSaySubject);
  EXPECT_EQ(refused.error().next_step, "what stands in column 1 of one of the lines 2, 4");
  auto with = options();
  with.subject = "B";
  const ImportedFile file = read_sample("plain-two-people.csv", with);
  ASSERT_EQ(file.readings.size(), 1U);
  EXPECT_EQ(file.readings[0].value, "7.1");
  EXPECT_EQ(skipped(file, SkipReason::kOtherSubject), 2U);
  with.subject = "C";
  EXPECT_EQ(read_device_file(test::sample_path("plain-two-people.csv"), with).error().code, ErrorCode::kInputRefused);
}

TEST(PlainCsv, infers_a_unit_only_where_no_other_is_possible) {
  EXPECT_EQ(read_sample("plain-mmol-inferred.csv").readings[0].unit, cgm::Unit::kMmolL);
  const std::string unknown = test::sample_path("plain-unit-unknown.csv");
  EXPECT_EQ(read_device_file(unknown, options()).error().advice, Advice::kSayUnit);
  auto with = options();
  with.unit = cgm::Unit::kMmolL;
  EXPECT_EQ(read_device_file(unknown, with)->readings[0].unit, cgm::Unit::kMmolL);
  const std::string mislabelled = "time,glucose mmol/L\n2024-01-02 08:00,100\n2024-01-02 08:05,110\n";
  EXPECT_EQ(read_device_text(mislabelled, options()).error().code, ErrorCode::kInputRefused);
  with.unit = cgm::Unit::kMgDl;
  EXPECT_EQ(read_device_text(mislabelled, with)->readings[0].unit, cgm::Unit::kMgDl);
  const std::string mixed = "time,gl\n2024-01-02 08:00,100\n2024-01-02 08:05,5.5\n";
  EXPECT_EQ(read_device_text(mixed, options()).error().code, ErrorCode::kInputRefused);
}

TEST(PlainCsv, leaves_out_what_the_type_column_says_is_not_the_sensors) {
  const ImportedFile file = read_sample("plain-types.csv");
  EXPECT_EQ(file.readings.size(), 3U);
  EXPECT_EQ(skipped(file, SkipReason::kNotASensorValue), 4U);
}

TEST(PlainCsv, reads_utf_16) {
  EXPECT_EQ(read_sample("plain-utf16.csv").readings.size(), 2U);
}

TEST(PlainCsv, keeps_two_sensors_at_once) {
  const std::string text =
      "time,device,glucose mg/dL\n2024-01-02 08:00,left,100\n2024-01-02 08:00,right,110\n2024-01-02 08:00,right,110\n";
  const auto file = read_device_text(text, options());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings.size(), 2U);
  EXPECT_EQ(skipped(*file, SkipReason::kDuplicate), 1U);
}

TEST(PlainCsv, takes_row_numbers_for_no_people) {
  const auto file = read_device_text(
      "id,time,gl\n1,2024-01-02 08:00,100\n2,2024-01-02 08:05,101\n3,2024-01-02 08:10,99\n", options());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->readings.size(), 3U);
}

TEST(PlainCsv, reads_the_dexcom_g4_file_of_three_people) {
  const auto path = test::shared_data("dexcom-g4-subjects-1-3.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  EXPECT_EQ(read_device_file(path, options()).error().next_step,
            "what stands in column 2 of one of the lines 2, 2917, 5746");
  std::size_t all = 0;
  for (const char* subject : {"Subject 1", "Subject 2", "Subject 3"}) {
    auto with = options("America/New_York");
    with.subject = subject;
    const auto file = read_device_file(path, with);
    ASSERT_TRUE(file);
    EXPECT_EQ(skipped(*file, SkipReason::kConflict) + skipped(*file, SkipReason::kDuplicate), 0U);
    all += file->readings.size();
  }
  EXPECT_EQ(all, 7277U);
}

}  // namespace
}  // namespace glucoledger::convert
