// What holds for every format: identities that stay, files nobody can read, truncation at every byte.
#include "convert/device_file.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/advice.h"
#include "convert/test_samples.h"

namespace glucoledger::convert {
namespace {

using test::kNowMs;
using test::options;
using test::sample_path;
using test::skipped;
using test::slurp;

std::vector<std::filesystem::path> samples() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/devices")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

ImportOptions generous() {
  auto with = options("America/New_York");
  with.date_order = DateOrder::kDayMonthYear;
  return with;
}

std::map<std::string, std::string> values_by_identity(const ImportedFile& file) {
  std::map<std::string, std::string> values;
  for (const cgm::Reading& reading : file.readings) values[reading.identity] = reading.value;
  return values;
}

// The rows after the header in another order.
std::string reordered(const std::string& text, std::size_t header_lines, auto&& order) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  if (lines.back().back() != '\n') lines.back() += "\n";
  order(lines.begin() + static_cast<std::ptrdiff_t>(header_lines), lines.end());
  std::string result;
  for (const std::string& line : lines) result += line;
  return result;
}

TEST(DeviceFile, gives_every_reading_one_identity_and_a_value_or_a_reason) {
  for (const auto& path : samples()) {
    auto with = generous();
    with.unit = path.filename() == "plain-unit-unknown.csv" ? std::optional(cgm::Unit::kMmolL) : std::nullopt;
    if (path.filename() == "plain-two-people.csv") with.subject = "A";
    const auto file = read_device_file(path, with);
    ASSERT_TRUE(file) << path << file.error().message;
    EXPECT_EQ(values_by_identity(*file).size(), file->readings.size()) << path;
    EXPECT_TRUE(std::is_sorted(file->readings.begin(), file->readings.end(),
                               [](const auto& a, const auto& b) { return a.utc_ms < b.utc_ms; }));
    for (const cgm::Reading& reading : file->readings) {
      EXPECT_NE(reading.value.empty(), !reading.absent_reason) << path << reading.source_line;
      EXPECT_LE(reading.utc_ms, kNowMs + 86'400'000);
      EXPECT_GT(reading.source_line, 0U);
    }
  }
}

TEST(DeviceFile, gives_the_same_identities_in_any_order_of_rows) {
  struct Case {
    const char* name;
    std::size_t header_lines;
    const char* zone;
  };
  for (const Case& sample : {Case{"clarity-g6-berlin-autumn.csv", 6, "Europe/Berlin"},
                             Case{"libreview-us-new-york-autumn.csv", 2, "America/New_York"},
                             Case{"libreview-german.csv", 2, "Europe/Berlin"}}) {
    const std::string text = slurp(sample_path(sample.name));
    const auto with = options(sample.zone);
    const auto expected = values_by_identity(*read_device_text(text, with));
    const auto backwards = reordered(text, sample.header_lines, [](auto begin, auto end) { std::reverse(begin, end); });
    EXPECT_EQ(values_by_identity(*read_device_text(backwards, with)), expected) << sample.name;
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
      const auto shuffled =
          reordered(text, sample.header_lines, [&](auto begin, auto end) { std::shuffle(begin, end, random); });
      std::set<std::string> identities, expected_identities;
      for (const auto& [identity, value] : values_by_identity(*read_device_text(shuffled, with))) {
        identities.insert(identity);
      }
      for (const auto& [identity, value] : expected) expected_identities.insert(identity);
      EXPECT_EQ(identities, expected_identities) << sample.name;
    }
  }
}

TEST(DeviceFile, gives_a_later_export_of_part_of_the_data_the_same_identities) {
  const std::string text = slurp(sample_path("clarity-g6-berlin-autumn.csv"));
  const auto all = values_by_identity(*read_device_text(text, options()));
  const auto part = reordered(text, 6, [](auto begin, auto end) {
    for (auto line = begin; line != end; ++line) {
      if ((line - begin) % 3 == 0) line->clear();
    }
  });
  const auto some = values_by_identity(*read_device_text(part, options()));
  EXPECT_GT(some.size(), 20U);
  for (const auto& [identity, value] : some) EXPECT_EQ(all.at(identity), value);
}

TEST(DeviceFile, takes_a_file_listed_twice_once) {
  const std::string text = slurp(sample_path("libreview-us-new-york-autumn.csv"));
  const std::string rows = text.substr(text.find("FreeStyle"));
  const auto with = options("America/New_York");
  const auto once = read_device_text(text, with);
  const auto twice = read_device_text(text + rows, with);
  ASSERT_TRUE(twice);
  EXPECT_EQ(values_by_identity(*twice), values_by_identity(*once));
  EXPECT_EQ(skipped(*twice, SkipReason::kDuplicate), once->readings.size());
}

TEST(DeviceFile, refuses_what_nobody_can_read_and_says_what_to_do) {
  const std::map<std::string, std::string> files{
      {"empty", ""},
      {"blank", " \r\n\n"},
      {"picture", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16)},
      {"archive", std::string("PK\x03\x04\x14\0\x06\0", 8)},
      {"latin-1", "time,glucose mg/dL\n2024-01-01 08:00,100\nGer\xe4t,1\n"},
      {"zeros", std::string(5000, '\0')},
      {"prose", "Dear doctor,\nplease find my readings below.\n"},
      {"long line", std::string(200'000, 'x')},
      {"long quote", "time,glucose mg/dL\n2024-01-01 08:00,\"" + std::string(100'000, '1')},
      {"no values", "time,glucose mg/dL\n"},
      {"other JSON", R"({"name": "x", "list": [1, 2]})"},
      {"no record", "[]"},
      {"cut JSON", R"([{"type":"sgv","sgv":100,"date":1717200000000},{"type":"sgv","sg)"},
      {"deep JSON", std::string(100'000, '[')},
      {"deep record", "[{\"a\":" + std::string(100'000, '[') + "}]"},
      {"large record", "[{\"type\":\"sgv\",\"a\":\"" + std::string(2 << 20, 'x') + "\"}]"},
      {"two units", "time,gl\n2024-01-01 08:00,100\n2024-01-01 08:05,5.5\n"},
      {"only the future", "time,glucose mg/dL\n2099-01-01 08:00,100\n"},
      {"two orders", "time,glucose mg/dL\n13/01/2024 08:00,100\n01/13/2024 08:05,100\n"},
  };
  for (const auto& [name, content] : files) {
    const auto file = read_device_text(content, options());
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error().code, ErrorCode::kInputRefused) << name;
    EXPECT_TRUE(!file.error().next_step.empty() || file.error().advice != Advice::kNone) << name;
    EXPECT_EQ(file.error().message.find("Dear"), std::string::npos);
  }
}

TEST(DeviceFile, refuses_wrong_use) {
  const std::string text = "time,glucose mg/dL\n2024-01-01 08:00,100\n";
  auto with = options();
  with.format = "dexcom";
  EXPECT_EQ(read_device_text(text, with).error().code, ErrorCode::kUsage);
  with.format = "libreview";
  EXPECT_EQ(read_device_text(text, with).error().code, ErrorCode::kInputRefused);
  with = options("Europe/Atlantis");
  EXPECT_EQ(read_device_text(text, with).error().code, ErrorCode::kUsage);
  EXPECT_EQ(read_device_file("tests/data/no-such-file", options()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_device_file("tests/data", options()).error().code, ErrorCode::kInputRefused);
}

TEST(DeviceFile, stops_once_cancelled) {
  base::CancelSource source;
  auto with = options();
  with.cancel = source.token();
  EXPECT_TRUE(read_device_file(sample_path("clarity-g7-german.csv"), with));
  source.trip();
  EXPECT_EQ(read_device_file(sample_path("clarity-g7-german.csv"), with).error().code, ErrorCode::kInterrupted);
}

TEST(DeviceFile, says_where_the_time_zone_came_from) {
  const std::string text = "time,glucose mg/dL\n2024-07-01 08:00,100\n";
  auto with = options();
  EXPECT_EQ(read_device_text(text, with)->time_zone_source, ZoneSource::kHome);
  with.time_zone = "America/New_York";
  const auto file = read_device_text(text, with);
  EXPECT_EQ(file->time_zone_source, ZoneSource::kOption);
  EXPECT_EQ(file->readings[0].utc_ms, 1'719'835'200'000);
  EXPECT_EQ(read_device_text(text, options(""))->time_zone_source, ZoneSource::kMachine);
  const auto given = read_device_text("time,glucose mg/dL\n2024-07-01T08:00:00+05:30,100\n", options());
  EXPECT_EQ(given->time_zone_source, ZoneSource::kFile);
  EXPECT_EQ(given->readings[0].utc_offset_minutes, 330);
}

TEST(DeviceFile, survives_truncation_at_every_byte) {
  for (const auto& path : samples()) {
    const std::string text = slurp(path);
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto file = read_device_text(std::string_view(text).substr(0, size), generous());
      if (!file) {
        EXPECT_EQ(file.error().code, ErrorCode::kInputRefused) << path << size;
      }
    }
  }
}

}  // namespace
}  // namespace glucoledger::convert
