// The small readers: CSV rows, JSON records, glucose fields, timestamps.
#include <gtest/gtest.h>

#include "base/wall_time.h"
#include "convert/csv_reader.h"
#include "convert/glucose_cell.h"
#include "convert/json_records.h"
#include "convert/timestamp.h"
#include "convert/words.h"

namespace glucoledger::convert {
namespace {

std::vector<std::vector<std::string>> rows_of(std::string_view text, char delimiter = ',') {
  TextSource source = TextSource::from_memory(text);
  CsvReader reader(source, delimiter);
  CsvRow row;
  std::vector<std::vector<std::string>> rows;
  while (reader.next(row).value_or(false)) {
    rows.emplace_back(row.fields.begin(), row.fields.end());
    if (row.broken) rows.back().push_back("BROKEN");
  }
  return rows;
}

using Rows = std::vector<std::vector<std::string>>;

TEST(CsvReader, follows_rfc_4180) {
  EXPECT_EQ(rows_of("a,b\r\n\"x\"\"y\",\"1,2\"\r\n"), (Rows{{"a", "b"}, {"x\"y", "1,2"}}));
  EXPECT_EQ(rows_of("a\rb\r\rc"), (Rows{{"a"}, {"b"}, {"c"}}));
  EXPECT_EQ(rows_of("\"two\nlines\",z\n,\n"), (Rows{{"two\nlines", "z"}, {"", ""}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf\xef\xbb\xbf"
                    "a;b",
                    ';'),
            (Rows{{"a", "b"}}));
  EXPECT_EQ(rows_of("\"a\"b,c\n"), (Rows{{"ab", "c", "BROKEN"}}));
}

TEST(CsvReader, refuses_a_file_that_ends_in_the_midst_of_a_row) {
  const auto refused = [](std::string_view text) {
    TextSource source = TextSource::from_memory(text);
    CsvReader reader(source, ',');
    CsvRow row;
    Result<bool> more = true;
    while (more.value_or(false)) more = reader.next(row);
    return !more;
  };
  for (const char* text : {"time,value,serial\n1,110,SM01\n2,115,SM", "time,value,serial\n1,110,SM01\n2,11",
                           "preamble\ntime,value\n1", "time,value\n1,\"11"}) {
    EXPECT_TRUE(refused(text)) << text;
  }
  // No line's end alone proves nothing, nor do numbers that begin alike, nor rows of several widths.
  for (const char* text : {"time,value,serial\n1,110,SM01\n2,115,SM01", "time,value\n1,5.5\n2,5",
                           "time,value\n1,5\n2\n3", "time,value,serial\n1,110,SM01\n2,115,SM\n"}) {
    EXPECT_FALSE(refused(text)) << text;
  }
}

TEST(CsvReader, counts_lines) {
  TextSource source = TextSource::from_memory("h\r\n\r\n\"x\r\ny\"\r\nz\r\n");
  CsvReader reader(source, ',');
  CsvRow row;
  std::vector<std::size_t> lines;
  while (reader.next(row).value_or(false)) lines.push_back(row.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 3, 5}));
}

int records_in(std::string_view text) {
  TextSource source = TextSource::from_memory(text);
  JsonRecords records(source);
  simdjson::dom::object record;
  int count = 0;
  while (true) {
    const auto step = records.next(record);
    if (!step) return -1;
    if (*step == JsonRecords::Step::kEnd) return count;
    if (*step == JsonRecords::Step::kRecord) ++count;
  }
}

TEST(JsonRecords, finds_them_in_arrays_wrappers_and_lines) {
  EXPECT_EQ(records_in(R"([{"a":1},{"b":"]}\""}])"), 2);
  EXPECT_EQ(records_in(R"({"status":200,"x":[1],"result":[{"a":{"result":[]}},{"b":2}],"n":{"c":[]}})"), 2);
  EXPECT_EQ(records_in("{\"a\":1}\n{\"b\":[{\"c\":2}]}\n"), 2);
  EXPECT_EQ(records_in("[{\"a\":tru},{\"b\":1}]"), 1);  // one is broken, the next is not
}

TEST(JsonRecords, refuses_what_ends_early_or_is_no_list_of_records) {
  for (const char* text : {"[{\"a\":1}", "[{\"a\":1},", "[1,2]", "[{\"a\":1}]x", "[{\"a\":1} {\"b\":1}]",
                           "{\"result\":[{}", "{\"result\":[{}]", "{\"a\":\"", "[,{}]", "[{},]"}) {
    EXPECT_EQ(records_in(text), -1) << text;
  }
}

TEST(GlucoseCell, knows_the_ends_of_the_range_in_any_language_and_spelling) {
  for (const char* word : {"Nízká", "LÅGT", "Lav", "Matala", "Baixa", "ниско", "低", "낮음", "NI\xCC\x81ZKA\xCC\x81"}) {
    EXPECT_EQ(parse_glucose(word).kind, GlucoseCell::Kind::kBelowRange) << word;
  }
  for (const char* word :
       {"ÉLEVÉ", "eleve", "Vysoká", "HØJ", "Høy", "Högt", "Korkea", "Alta", "ВИСОКО", "高", "높음"}) {
    EXPECT_EQ(parse_glucose(word).kind, GlucoseCell::Kind::kAboveRange) << word;
  }
  EXPECT_TRUE(is_word("Mäsor än"));
  for (const char* text : {"", "  ", "12a", "a１", "--", "\xff"}) EXPECT_FALSE(is_word(text)) << text;
}

TEST(GlucoseCell, takes_numbers_words_and_limits) {
  EXPECT_EQ(parse_glucose(" 153 ").text, "153");
  EXPECT_EQ(parse_glucose("8,50").text, "8.50");
  EXPECT_EQ(parse_glucose("007.0").text, "7.0");
  EXPECT_EQ(parse_glucose("<40").comparator, cgm::Comparator::kBelow);
  EXPECT_EQ(parse_glucose("> 22.2").text, "22.2");
  EXPECT_EQ(parse_glucose("Low").kind, GlucoseCell::Kind::kBelowRange);
  EXPECT_EQ(parse_glucose("HI").kind, GlucoseCell::Kind::kAboveRange);
  EXPECT_EQ(parse_glucose("").kind, GlucoseCell::Kind::kEmpty);
  for (const char* text : {"NaN", "inf", "1e3", "1.2.3", "5.", ".5", "12a", "0x10", "--5", "<", "１２"}) {
    EXPECT_EQ(parse_glucose(text).kind, GlucoseCell::Kind::kNotANumber) << text;
  }
  EXPECT_LT(parse_glucose("-5").value, 0);
}

TEST(GlucoseCell, rounds_without_moving_to_another_range) {
  EXPECT_EQ(decimal_text(5.550747991459, cgm::Unit::kMmolL, 5), "5.55075");
  EXPECT_EQ(decimal_text(3.8999999, cgm::Unit::kMmolL, 5), "3.8999999");
  EXPECT_EQ(decimal_text(10.0000004, cgm::Unit::kMmolL, 5), "10.0000004");
  EXPECT_EQ(decimal_text(7, cgm::Unit::kMmolL, 5), "7");
}

std::optional<std::int64_t> utc(std::string_view text) {
  return instant_ms(text, 0);
}

TEST(Timestamp, reads_what_devices_write) {
  EXPECT_EQ(utc("2024-10-27T02:05:00"), 1'729'994'700'000);
  EXPECT_EQ(utc("2024-10-27 2:05:00.250"), 1'729'994'700'250);
  EXPECT_EQ(utc("2024-10-27T02:05:00+02:00"), 1'729'987'500'000);
  EXPECT_EQ(utc("2024-10-27T02:05:00.000-0330"), 1'730'007'300'000);
  EXPECT_EQ(utc("2024-10-27 02:05 PM"), 1'730'037'900'000);
  EXPECT_EQ(utc("2024-10-27 12:05 a. m."), 1'729'987'500'000);
  EXPECT_EQ(local_ms(*parse_timestamp("27/10/2024 02:05"), DateOrder::kDayMonthYear), 1'729'994'700'000);
  EXPECT_EQ(local_ms(*parse_timestamp("10-27-2024 02:05"), DateOrder::kMonthDayYear), 1'729'994'700'000);
  EXPECT_EQ(local_ms(*parse_timestamp("27.10.24, 02:05"), DateOrder::kDayMonthYear), 1'729'994'700'000);
  EXPECT_EQ(base::wall_time_text(1'729'994'700'000), "2024-10-27T02:05:00");
  EXPECT_EQ(base::wall_time_text(-1), "1969-12-31T23:59:59.999");
}

TEST(Timestamp, refuses_nonsense) {
  for (const char* text :
       {"", "2024-10-27", "2024-13-01T00:00:00", "2024-06-31T00:00:00", "2023-02-29T00:00:00", "2024-10-27T24:00:00",
        "2024-10-27T02:60:00", "2024-10-27T02:05:00Q", "2024-10-2702:05", "2024-10/27 02:05", "1024-10-27T00:00:00",
        "2024-10-27T13:05 PM", "2024-10-27T02:05+19:00"}) {
    EXPECT_FALSE(utc(text)) << text;
  }
}

TEST(DateOrderVote, decides_over_the_whole_file) {
  const auto decide = [](std::initializer_list<const char*> times) {
    DateOrderVote vote;
    for (const char* time : times) vote.add(*parse_timestamp(time));
    return vote.decide(std::nullopt);
  };
  EXPECT_EQ(decide({"01/02/2024 08:00", "13/02/2024 08:00"}), DateOrder::kDayMonthYear);
  EXPECT_EQ(decide({"01/02/2024 08:00", "02/13/2024 08:00"}), DateOrder::kMonthDayYear);
  EXPECT_FALSE(decide({"01/02/2024 08:00"}));
  EXPECT_FALSE(decide({"13/02/2024 08:00", "02/13/2024 08:00"}));
  EXPECT_TRUE(decide({"03/03/2024 08:00"}));
}

}  // namespace
}  // namespace glucoledger::convert
