// The table of device formats. A new one is a file of its own, and a line here.
#include <array>

#include "base/limits.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"
#include "convert/json_records.h"

// The most particular first: the plain CSV takes whatever has columns for time and glucose.
#define GLUCOLEDGER_DEVICE_FORMATS(FORMAT) \
  FORMAT(kDexcomClarity)                   \
  FORMAT(kLibreView)                       \
  FORMAT(kXdrip)                           \
  FORMAT(kDexcomApi)                       \
  FORMAT(kTidepool)                        \
  FORMAT(kNightscout)                      \
  FORMAT(kBluetoothCgm)                    \
  FORMAT(kPlainCsv)

namespace glucoledger::convert {

#define GLUCOLEDGER_DECLARE(name) extern const DeviceFormat name;
GLUCOLEDGER_DEVICE_FORMATS(GLUCOLEDGER_DECLARE)

namespace {

#define GLUCOLEDGER_ADDRESS(name) &name,
const std::array kFormats{GLUCOLEDGER_DEVICE_FORMATS(GLUCOLEDGER_ADDRESS)};

constexpr std::size_t kHeadSize = base::limits::kResourceSizeMax + base::limits::kLineSizeMax;
constexpr std::size_t kHeadRows = 40;
constexpr std::size_t kHeadRecords = 50;

void look_at_records(Head& head) {
  TextSource source = TextSource::from_memory(head.text);
  JsonRecords records(source);
  simdjson::dom::object record;
  while (head.records.size() < kHeadRecords) {
    const auto step = records.next(record);
    if (!step || *step == JsonRecords::Step::kEnd) return;
    if (*step == JsonRecords::Step::kRecord) head.records.push_back(simdjson::minify(record));
  }
}

Result<void> look_at_rows(Head& head) {
  head.delimiter = guess_delimiter(head.text);
  TextSource source = TextSource::from_memory(head.text);
  CsvReader reader(source, head.delimiter);
  CsvRow row;
  while (head.rows.size() < kHeadRows) {
    GL_TRY(more, reader.next(row));
    if (!more) return {};
    head.rows.emplace_back(row.fields.begin(), row.fields.end());
  }
  return {};
}

Result<Head> look(std::string_view text) {
  Head head;
  head.text = text;
  const std::size_t begin = text.find_first_not_of(" \t\r\n\x1e");
  if (begin == std::string_view::npos) {
    return fail(ErrorCode::kInputRefused, "the file is empty", "export it again");
  }
  head.is_json = text[begin] == '{' || text[begin] == '[';
  if (head.is_json) {
    look_at_records(head);
  } else {
    GL_CHECK(look_at_rows(head));
  }
  return head;
}

std::string format_names() {
  std::string names;
  for (const DeviceFormat* format : kFormats) names += (names.empty() ? "" : ", ") + std::string(format->name);
  return names;
}

Result<const DeviceFormat*> choose(const Head& head, const std::optional<std::string>& name) {
  for (const DeviceFormat* format : kFormats) {
    if (name ? format->name == *name : format->recognise(head)) return format;
  }
  if (name) return fail(ErrorCode::kUsage, "there is no device format of that name", "known are " + format_names());
  if (head.is_json && head.records.empty()) {
    return fail(ErrorCode::kInputRefused, "the file is no JSON that holds records, or it ends too early",
                "export or download it again");
  }
  return fail(ErrorCode::kInputRefused, "the file is of no device format that is known",
              "known are " + format_names() + "; a CSV needs a first row that names a time and a glucose column");
}

Result<ImportedFile> read(TextSource source, const ImportOptions& options) {
  GL_TRY(peeked, source.peek(kHeadSize));
  const std::string text(peeked);
  GL_TRY(head, look(text));
  GL_TRY(format, choose(head, options.format));
  Collector collector(format->name, options);
  GL_CHECK(format->read(source, head, collector));
  return collector.finish();
}

}  // namespace

bool any_record(const Head& head, bool (*test)(const simdjson::dom::object& record)) {
  simdjson::dom::parser parser;
  for (const std::string& text : head.records) {
    simdjson::dom::object record;
    if (parser.parse(text).get(record) == simdjson::SUCCESS && test(record)) return true;
  }
  return false;
}

Result<ImportedFile> read_device_file(const std::filesystem::path& path, const ImportOptions& options,
                                      const base::Progress& progress) {
  GL_TRY(source, TextSource::open(path, progress, options.cancel));
  return read(std::move(source), options);
}

Result<ImportedFile> read_device_text(std::string_view content, const ImportOptions& options) {
  return read(TextSource::from_memory(content), options);
}

std::vector<FormatName> device_formats() {
  std::vector<FormatName> names;
  names.reserve(kFormats.size());
  for (const DeviceFormat* format : kFormats) names.push_back({format->name, format->description});
  return names;
}

std::size_t ImportedFile::skipped_count() const {
  std::size_t count = 0;
  for (const SkippedGroup& group : skipped) count += group.count;
  return count;
}

std::string_view describe(SkipReason reason) {
  switch (reason) {
    case SkipReason::kNotASensorValue:
      return "no sensor value (a fingerstick, calibration, note, meal, insulin or alert)";
    case SkipReason::kOtherSubject:
      return "another person's row";
    case SkipReason::kNoTime:
      return "no date and time, or one that does not exist";
    case SkipReason::kNoValue:
      return "no glucose value";
    case SkipReason::kBadValue:
      return "the glucose value is not a number";
    case SkipReason::kUnknownEnd:
      return "out of the sensor's range, and which end is unknown: a low or a high that is missing from all figures";
    case SkipReason::kImpossibleValue:
      return "a glucose value that nobody can have";
    case SkipReason::kFuture:
      return "a date in the future";
    case SkipReason::kDuplicate:
      return "the same reading again";
    case SkipReason::kConflict:
      return "the same reading with another value; the first was kept";
    case SkipReason::kMalformed:
      return "the row is broken";
    case SkipReason::kChecksum:
      return "the checksum is wrong";
    case SkipReason::kNoSessionStart:
      return "no session start time before it";
  }
  return "";
}

}  // namespace glucoledger::convert
