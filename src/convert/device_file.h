// The one door for device files: any export the program knows -> readings, and a report of what was left out.
//
// The format is recognised by content, never by the file's name. A row that cannot be used is skipped and reported by
// its line; the whole file is refused (kInputRefused, with what to do next) only when it cannot be read or it cannot be
// told what it means: its unit, the order of day and month, or which of several people is meant. No text made here
// holds anything from a row, but Error::next_step, which may show the labels of the people in the user's own file.
// Cost: one pass, about 1 s for a year of 5-minute readings; memory grows with the readings, not with the file.
// Formats: docs/formats/device-files.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/progress.h"
#include "base/result.h"
#include "cgm/reading.h"

namespace glucoledger::convert {

enum class DateOrder { kDayMonthYear, kMonthDayYear, kYearMonthDay };

struct ImportOptions {
  std::optional<std::string> format;   // a DeviceFormat's name; absent: recognised by content
  std::optional<std::string> subject;  // whose rows, in a file of several people
  std::optional<cgm::Unit> unit;       // contradicting the file's own unit is refused
  std::optional<DateOrder> date_order;
  std::optional<std::string> time_zone;  // IANA name, for local times; absent: `default_time_zone`
  std::string default_time_zone;         // the home's; empty: the machine's
  std::int64_t now_ms = 0;               // readings later than a day after it are skipped
  base::CancelToken cancel;              // asked while the file is read
};

enum class SkipReason {
  kNotASensorValue,  // a fingerstick, calibration, note, insulin, meal, alert...
  kOtherSubject,     // another person's row, with ImportOptions::subject
  kNoTime,           // no date, or one that does not exist
  kNoValue,          // no glucose where there should be one
  kBadValue,         // not a number
  kUnknownEnd,       // beyond the sensor's range, by a word of which the language is not known
  kImpossibleValue,  // below 10 or beyond 1000 mg/dL, or so in mmol/L
  kFuture,           // more than a day after now
  kDuplicate,        // the same reading again
  kConflict,         // the same reading with another value: the first is kept
  kMalformed,        // the row or record is broken
  kChecksum,         // the record's CRC is wrong
  kNoSessionStart,   // a Bluetooth record before any Session Start Time
};
std::string_view describe(SkipReason reason);  // "a fingerstick, calibration or other entry that is no sensor value"

struct Skipped {
  std::size_t line = 0;  // 1-based; in a JSON file the number of the record
  SkipReason reason{};
  std::size_t other_line = 0;  // kConflict: where the value that is kept stands; else 0
};

// All are counted, the first base::limits::kSkippedListedMax of each reason are listed.
struct SkippedGroup {
  SkipReason reason{};
  std::size_t count = 0;
  std::vector<Skipped> listed;
};

enum class ZoneSource { kFile, kOption, kHome, kMachine };  // kOption: ImportOptions::time_zone

// What the file says about its owner: identifies a person, never logged.
struct PatientDetails {
  std::string given_name;
  std::string family_name;
  std::optional<std::string> birth_date;  // YYYY-MM-DD

  bool empty() const { return given_name.empty() && family_name.empty() && !birth_date; }
};

struct ImportedFile {
  std::string format;                  // "dexcom-clarity"
  std::vector<cgm::Reading> readings;  // by time, each identity once
  std::vector<SkippedGroup> skipped;   // in the order of SkipReason, only reasons that occur
  std::size_t rows = 0;                // data rows or records looked at
  std::string time_zone;               // "Europe/Berlin"; empty where the file gives every offset itself
  ZoneSource time_zone_source = ZoneSource::kFile;
  PatientDetails patient;
  std::string subject;                // whose rows these are, in a file that labels people; identifies a person
  std::vector<std::string> warnings;  // whole sentences, nothing personal

  std::size_t skipped_count() const;
};

// "-" reads standard input. Errors: kInputRefused, kNotFound, kUsage (an unknown format or zone), kInterrupted.
Result<ImportedFile> read_device_file(const std::filesystem::path& path, const ImportOptions& options,
                                      const base::Progress& progress = {});
// The same for a file already in memory.
Result<ImportedFile> read_device_text(std::string_view content, const ImportOptions& options);

struct FormatName {
  std::string_view name;         // for --format
  std::string_view description;  // one line, for --help
};
std::vector<FormatName> device_formats();

}  // namespace glucoledger::convert
