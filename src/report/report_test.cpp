#include "report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <sstream>

#include "base/durations.h"

namespace glucoledger::report {
namespace {

using cgm::Reading;
using cgm::Unit;
using nlohmann::json;
using nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'717'200'000'000;  // 2024-06-01 00:00 UTC

Reading reading(std::int64_t utc_ms, std::string value, Unit unit = Unit::kMgDl) {
  Reading r;
  r.utc_ms = utc_ms;
  r.value = std::move(value);
  r.unit = unit;
  r.identity = "sensor/" + std::to_string(utc_ms);
  return r;
}

std::vector<Reading> every(std::int64_t interval_ms, const std::vector<int>& mg_dl) {
  std::vector<Reading> readings;
  for (const int value : mg_dl) {
    readings.push_back(
        reading(kStartMs + static_cast<std::int64_t>(readings.size()) * interval_ms, std::to_string(value)));
  }
  return readings;
}

// A trace that visits all ranges.
std::vector<Reading> wandering(std::size_t count) {
  std::mt19937 random(7);
  std::vector<int> values;
  int value = 120;
  for (std::size_t i = 0; i < count; ++i) {
    value = std::clamp(value + static_cast<int>(random() % 31) - 15, 40, 400);
    values.push_back(value);
  }
  return every(5 * base::kMinuteMs, values);
}

Report report_of(const std::vector<Reading>& readings, const ReportOptions& options = {}) {
  auto report = make_report(readings, options);
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? *report : Report{};
}

std::size_t count_in(const Report& report, cgm::Range range) {
  return report.range_readings[static_cast<std::size_t>(range)];
}

TEST(Report, EqualsIgluOnInventedSeries) {
  std::ifstream file("tests/vectors/report.json");
  const auto vectors = json::parse(file, nullptr, false);
  ASSERT_FALSE(vectors.is_discarded()) << "tests/vectors/report.json cannot be read";
  ASSERT_GE(vectors["cases"].size(), 5U);
  const auto start_ms = vectors["start_local_ms"].get<std::int64_t>();
  for (const auto& one : vectors["cases"]) {
    SCOPED_TRACE(one["name"].get<std::string>());
    std::vector<Reading> readings;
    for (std::size_t i = 0; i < one["mg_dl"].size(); ++i) {
      const auto local_ms = start_ms + one["minutes"][i].get<std::int64_t>() * base::kMinuteMs;
      readings.push_back(reading(local_ms - 2 * base::kHourMs, std::to_string(one["mg_dl"][i].get<int>())));
      readings.back().utc_offset_minutes = 120;
    }
    const auto figures = report_json(report_of(readings));
    for (const auto& [name, expected] : one["figures"].items()) {
      ASSERT_TRUE(figures.contains(name) && figures[name].is_number()) << name;
      const double value = expected.get<double>();
      EXPECT_NEAR(figures[name].get<double>(), value, 1e-9 + 1e-9 * value) << name;
    }
  }
}

// What lies between two readings does not depend on where the wearer's clock was set meanwhile.
TEST(Report, WearAndExcursionsGoOnWhereTheWallClockSteps) {
  constexpr int kReadings = 14 * 288;
  const auto fortnight = [](int offset_before, int offset_after) {
    std::vector<Reading> readings;
    for (int i = 0; i < kReadings; ++i) {
      const std::int64_t utc_ms = 1'769'900'400'000 /* 2026-01-31T23:00Z */ + i * 5 * base::kMinuteMs;
      readings.push_back(reading(utc_ms, std::to_string(90 + (i * 7) % 96 + 60 * ((i / 20) % 3))));
      readings.back().utc_offset_minutes = i < kReadings / 2 + 30 ? offset_before : offset_after;
    }
    return report_of(readings);
  };
  const auto plain = fortnight(60, 60);
  EXPECT_EQ(plain.active_percent, 100);
  ASSERT_TRUE(plain.mage_mg_dl);
  for (const auto& [before, after] : {std::pair(60, 120), {60, 0}, {60, -300}, {60, 540}}) {
    SCOPED_TRACE(std::to_string(before) + " to " + std::to_string(after));
    const auto stepped = fortnight(before, after);
    EXPECT_EQ(stepped.active_percent, 100);
    EXPECT_EQ(stepped.mage_mg_dl, plain.mage_mg_dl);
    EXPECT_EQ(stepped.readings, plain.readings);
  }
}

std::map<std::string, std::vector<Reading>> read_subjects(std::istream& file) {
  std::map<std::string, std::vector<Reading>> subjects;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string row, subject, time, glucose;
    std::getline(cells, row, ',');
    std::getline(cells, subject, ',');
    std::getline(cells, time, ',');
    std::getline(cells, glucose, ',');
    std::erase(glucose, '\r');
    std::tm wall{};
    std::istringstream(time) >> std::get_time(&wall, "%Y-%m-%d %H:%M:%S");
    subjects[subject].push_back(reading(static_cast<std::int64_t>(timegm(&wall)) * 1000, glucose));
  }
  return subjects;
}

TEST(Report, EqualsIgluOnThreePeople) {
  const char* folder = std::getenv("GLUCOLEDGER_TEST_DATA");
  std::ifstream file(std::string(folder ? folder : "../shared") + "/data/dexcom-g4-subjects-1-3.csv");
  if (!file) GTEST_SKIP() << "shared test data is absent (GLUCOLEDGER_TEST_DATA)";
  const auto subjects = read_subjects(file);

  struct Expected {
    std::string subject;
    double mean, cv, gmi, in_range, lbgi, hbgi, mage;
  };
  // iglu 4.3.0 in R; the data's README
  const std::vector<Expected> people = {
      {"Subject 1", 123.6655, 26.902, 6.2681, 91.6638, 0.43204, 1.80730, 72.4243},
      {"Subject 2", 218.4528, 23.974, 8.5354, 26.4404, 0.00464, 16.19390, 118.0735},
      {"Subject 3", 154.0417, 29.072, 6.9947, 81.3438, 0.14228, 5.10813, 115.7773},
  };
  for (const auto& expected : people) {
    SCOPED_TRACE(expected.subject);
    ASSERT_TRUE(subjects.contains(expected.subject));
    const auto report = report_of(subjects.at(expected.subject));
    EXPECT_NEAR(report.mean_mg_dl, expected.mean, 1e-4);
    EXPECT_NEAR(report.cv_percent.value(), expected.cv, 1e-3);
    EXPECT_NEAR(report.gmi_percent, expected.gmi, 1e-4);
    EXPECT_NEAR(report.range_percent[static_cast<std::size_t>(cgm::Range::kInRange)], expected.in_range, 1e-4);
    EXPECT_NEAR(report.lbgi, expected.lbgi, 1e-5);
    EXPECT_NEAR(report.hbgi, expected.hbgi, 1e-5);
    EXPECT_NEAR(report.mage_mg_dl.value(), expected.mage, 1e-4);
  }
}

TEST(Report, RangesHoldInTheReadingsOwnUnit) {
  struct Case {
    const char* value;
    Unit unit;
    cgm::Range range;
  };
  using enum cgm::Range;
  const std::vector<Case> cases = {
      {"53", Unit::kMgDl, kVeryLow},     {"54", Unit::kMgDl, kLow},       {"69", Unit::kMgDl, kLow},
      {"70", Unit::kMgDl, kInRange},     {"180", Unit::kMgDl, kInRange},  {"181", Unit::kMgDl, kHigh},
      {"250", Unit::kMgDl, kHigh},       {"251", Unit::kMgDl, kVeryHigh}, {"2.9", Unit::kMmolL, kVeryLow},
      {"3.0", Unit::kMmolL, kLow},       {"3.8", Unit::kMmolL, kLow},     {"3.9", Unit::kMmolL, kInRange},
      {"10.0", Unit::kMmolL, kInRange},  {"10.1", Unit::kMmolL, kHigh},   {"13.9", Unit::kMmolL, kHigh},
      {"14.0", Unit::kMmolL, kVeryHigh},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(count_in(report_of({reading(kStartMs, one.value, one.unit)}), one.range), 1U) << one.value;
  }
}

TEST(Report, TheOtherUnitMovesNoReadingToAnotherRange) {
  for (const Unit from : {Unit::kMgDl, Unit::kMmolL}) {
    const Unit to = from == Unit::kMgDl ? Unit::kMmolL : Unit::kMgDl;
    std::vector<Reading> readings, converted;
    for (int tenths = 1; tenths <= 500; ++tenths) {
      const std::string value = from == Unit::kMgDl ? std::to_string(tenths)
                                                    : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
      readings.push_back(reading(kStartMs + tenths * base::kMinuteMs, value, from));
      converted.push_back(reading(kStartMs + tenths * base::kMinuteMs, cgm::converted_text(value, from, to), to));
    }
    const auto before = report_of(readings);
    const auto after = report_of(converted);
    EXPECT_EQ(before.range_readings, after.range_readings);
    EXPECT_DOUBLE_EQ(before.gri, after.gri);
    EXPECT_NEAR(before.mean_mg_dl, after.mean_mg_dl, 0.1);
  }
}

TEST(Report, MixesUnits) {
  const auto report =
      report_of({reading(kStartMs, "100"), reading(kStartMs + 5 * base::kMinuteMs, "10.0", Unit::kMmolL),
                 reading(kStartMs + 10 * base::kMinuteMs, "3.0", Unit::kMmolL)});
  EXPECT_NEAR(report.mean_mg_dl, (100 + 13 * cgm::kMgDlPerMmolL) / 3, 1e-9);
  EXPECT_EQ(report.main_unit, Unit::kMmolL);
  EXPECT_EQ(count_in(report, cgm::Range::kInRange), 2U);
  EXPECT_EQ(count_in(report, cgm::Range::kLow), 1U);
}

TEST(Report, DoesNotDependOnTheOrderOfReadings) {
  auto readings = wandering(3000);
  readings.resize(readings.size() + 1, readings[100]);  // once more, with another value
  readings.back().value = "77";
  readings.back().source_line = 9999;
  auto two_sensors = readings[200];
  two_sensors.identity = "another sensor";
  two_sensors.value = "99";
  readings.push_back(two_sensors);
  const auto expected = report_of(readings);
  EXPECT_EQ(expected.readings, 3001U);
  EXPECT_EQ(expected.repeated_readings, 1U);
  std::mt19937 random(11);
  for (int i = 0; i < 5; ++i) {
    std::shuffle(readings.begin(), readings.end(), random);
    EXPECT_EQ(report_html(report_of(readings)), report_html(expected));
    EXPECT_EQ(report_json(report_of(readings)), report_json(expected));
  }
}

TEST(Report, CountsLimitsAndLeavesOutWhatHasNoValue) {
  auto readings = every(5 * base::kMinuteMs, {100, 40, 400, 120});
  readings[1].comparator = cgm::Comparator::kBelow;
  readings[2].comparator = cgm::Comparator::kAbove;
  readings[3].value.clear();
  readings[3].absent_reason = "error";
  const auto report = report_of(readings);
  EXPECT_EQ(report.readings, 3U);
  EXPECT_EQ(report.at_limit_readings, 2U);
  EXPECT_EQ(report.absent_readings, 1U);
  EXPECT_DOUBLE_EQ(report.mean_mg_dl, 180);
  EXPECT_EQ(count_in(report, cgm::Range::kVeryLow), 1U);
  EXPECT_EQ(count_in(report, cgm::Range::kVeryHigh), 1U);
}

TEST(Report, RefusesWhatItCannotTell) {
  EXPECT_EQ(make_report({}, {}).error().code, ErrorCode::kNotFound);
  auto absent = reading(kStartMs, "");
  absent.absent_reason = "error";
  EXPECT_EQ(make_report(std::vector{absent}, {}).error().message, "no readings in this window");
  for (const char* value : {"-5", "1e9", "nan", "High", "1,5"}) {
    EXPECT_EQ(make_report(std::vector{reading(kStartMs, value)}, {}).error().code, ErrorCode::kInputRefused) << value;
  }
  ReportOptions options;
  options.from = 2024y / 6 / 2;
  options.to = 2024y / 6 / 1;
  EXPECT_EQ(make_report(every(base::kMinuteMs, {100}), options).error().code, ErrorCode::kUsage);
}

TEST(Report, TakesTheDaysOfTheWearersClock) {
  auto late = reading(kStartMs - base::kHourMs, "100");  // 2024-05-31 23:00 UTC, 01:00 of June in Berlin
  late.utc_offset_minutes = 120;
  auto early = reading(kStartMs + base::kHourMs, "200");  // 2024-06-01 01:00 UTC, still May in New York
  early.utc_offset_minutes = -240;
  ReportOptions june;
  june.from = june.to = 2024y / 6 / 1;
  const auto report = report_of({late, early}, june);
  EXPECT_EQ(report.readings, 1U);
  EXPECT_DOUBLE_EQ(report.mean_mg_dl, 100);
  const auto figures = report_json(report);
  EXPECT_EQ(figures["from"], "2024-06-01T01:00:00.000+02:00");
  EXPECT_EQ(report_json(report_of({early}))["to"], "2024-05-31T21:00:00.000-04:00");
  ReportOptions july;
  july.from = 2024y / 7 / 1;
  EXPECT_EQ(make_report(std::vector{late, early}, july).error().code, ErrorCode::kNotFound);
}

TEST(Report, KeepsTheHourThatComesTwice) {
  // 2024-10-27 in Berlin: 02:30 summer time, then 02:30 winter time.
  auto first = reading(1'729'989'000'000, "100");
  first.utc_offset_minutes = 120;
  auto second = reading(1'729'989'000'000 + base::kHourMs, "140");
  second.utc_offset_minutes = 60;
  const auto report = report_of({first, second});
  EXPECT_EQ(report.readings, 2U);
  EXPECT_DOUBLE_EQ(report.mean_mg_dl, 120);
  ASSERT_EQ(report.days.size(), 1U);
  EXPECT_DOUBLE_EQ(report.days[0].mean_mg_dl, 120);
}

// No figure that is not one, in any of the three forms.
void expect_writable(const Report& report) {
  static const std::regex kNoNumber("\\b(nan|inf)\\b", std::regex::icase);
  for (const std::string& text : {report_json(report).dump(), report_text(report), report_html(report)}) {
    EXPECT_FALSE(std::regex_search(text, kNoNumber)) << text;
  }
}

TEST(Report, SaysWhereDataIsNotEnough) {
  const auto single = report_of({reading(kStartMs, "100")});
  const auto figures = report_json(single);
  for (const char* name : {"sd_mg_dl", "cv_percent", "iqr_mg_dl", "mage_mg_dl", "active_percent", "interval_minutes"}) {
    EXPECT_TRUE(figures.at(name).is_null()) << name;
  }
  EXPECT_FALSE(single.enough_wear);
  EXPECT_NE(report_text(single).find("not enough data"), std::string::npos);
  expect_writable(single);

  const auto equal = report_of(every(5 * base::kMinuteMs, std::vector<int>(2000, 100)));
  EXPECT_DOUBLE_EQ(equal.cv_percent.value(), 0);
  EXPECT_FALSE(equal.mage_mg_dl);
  expect_writable(equal);

  const auto daily = report_of(every(24 * base::kHourMs, std::vector<int>(40, 100)));
  EXPECT_FALSE(daily.enough_wear);
  EXPECT_EQ(daily.days_of_wear, 40);
  expect_writable(daily);

  expect_writable(report_of({reading(kStartMs, "0"), reading(kStartMs + 1, "0.5")}));
  expect_writable(report_of({reading(kStartMs, "999999999999")}));
}

TEST(Report, KnowsEnoughWear) {
  const std::vector<int> fourteen_days(14 * 288, 120);
  EXPECT_TRUE(report_of(every(5 * base::kMinuteMs, fourteen_days)).enough_wear);
  EXPECT_FALSE(report_of(every(5 * base::kMinuteMs, std::vector<int>(13 * 288, 120))).enough_wear);
  auto holed = every(5 * base::kMinuteMs, fourteen_days);
  holed.erase(holed.begin() + 288, holed.begin() + 6 * 288);
  const auto report = report_of(holed);
  EXPECT_NEAR(report.active_percent.value(), 100.0 * 9 / 14, 0.01);
  EXPECT_FALSE(report.enough_wear);
}

TEST(Report, AnAbsurdDateCostsNothing) {
  auto readings = wandering(2000);
  const auto expected = report_of(readings).mage_mg_dl;
  readings.push_back(reading(kStartMs + 1000 * 365 * 24 * base::kHourMs, "100"));
  readings.push_back(reading(-kStartMs, "100"));
  const auto report = report_of(readings);
  EXPECT_DOUBLE_EQ(report.mage_mg_dl.value(), expected.value());
  expect_writable(report);
}

TEST(Report, ProfileRunsOverMidnightInOrder) {
  const auto report = report_of(wandering(288 * 7));
  ASSERT_EQ(report.profile.size(), 288U);
  for (const ProfilePoint& point : report.profile) {
    EXPECT_TRUE(point.p5 <= point.p25 && point.p25 <= point.p50 && point.p50 <= point.p75 && point.p75 <= point.p95);
  }
  EXPECT_EQ(report.hourly_profile.size(), 24U);
  // A value that depends on the hour alone has no spread, and its profile follows it.
  std::vector<int> values;
  for (int i = 0; i < 288 * 4; ++i) values.push_back(i % 288 < 144 ? 100 : 200);
  const auto steps = report_of(every(5 * base::kMinuteMs, values));
  EXPECT_DOUBLE_EQ(steps.profile[72].p50, 100);
  EXPECT_DOUBLE_EQ(steps.profile[216].p5, 200);
}

TEST(Report, TextFitsEightyColumns) {
  ReportOptions options;
  options.title = std::string(200, 'T') + "\x1b[31m";
  options.person = "\x1b]0;owned\x07 Ärztin";
  auto readings = wandering(288 * 20);
  for (auto& r : readings) {
    r.value = cgm::converted_text(r.value, Unit::kMgDl, Unit::kMmolL);
    r.unit = Unit::kMmolL;
  }
  readings[5].comparator = cgm::Comparator::kAbove;
  const std::string text = report_text(report_of(readings, options));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(columns, 80) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
  }
}

TEST(Report, HtmlIsOnePageThatTrustsNoText) {
  ReportOptions options;
  options.title = "<script>alert(1)</script>";
  options.person = "O'Hara & \"Söhne\" </p><img src=x onerror=alert(1)>";
  const std::string html = report_html(report_of(wandering(288 * 120), options));
  for (const char* forbidden : {"<script", "<img", "<link", "<iframe", "href=", "@import", "http://", "https://"}) {
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  }
  EXPECT_NE(html.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(html.find("O&#39;Hara &amp; &quot;Söhne&quot;"), std::string::npos);
  EXPECT_NE(html.find("<html lang=\"en\">"), std::string::npos);
  EXPECT_NE(html.find("The last 98 of 120 days."), std::string::npos);
  EXPECT_LT(html.size(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace glucoledger::report
