// LibreView's CSV export (FreeStyle Libre), and the text file of Abbott's older desktop software.
//
// A title line, a header, then rows grouped by device and record type: 0 a historic value, 1 a scan; 2 strip, 3 ketone,
// 4 insulin, 5 food and 6 notes are no sensor values. Local time in the account's own order of day and month, 12 or 24
// hours. Headers come in the account's language, so the columns are found by structure: the first two neighbours that
// name a glucose unit are historic and scan values, before them stand record type, time, serial number and device.
#include "base/advice.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"

namespace glucoledger::convert {
namespace {

struct Columns {
  std::size_t historic = 0;  // scan: the next; record type and time: the two before
  std::size_t count = 0;
  cgm::Unit unit = cgm::Unit::kMgDl;

  bool has_device() const { return historic >= 4; }
};

std::optional<Columns> find_columns(const auto& header) {
  if (header.size() < 6) return std::nullopt;
  for (std::size_t i = 3; i + 1 < header.size(); ++i) {
    const auto unit = unit_in(header[i]);
    if (!unit) continue;
    // "Timestamp" or "hh:mm:ss" before it, or a rate of change after it, are other makers' exports.
    if (unit_in(header[i + 1]) != unit || i > 4) return std::nullopt;
    return Columns{i, header.size(), *unit};
  }
  return std::nullopt;
}

bool recognise(const Head& head) {
  for (std::size_t i = 0; i < head.rows.size() && i < 5; ++i) {
    if (find_columns(head.rows[i])) return true;
  }
  return false;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A decimal comma that is also the delimiter tears a value in two and moves the rest of the row: "8,5" among commas.
GlucoseCell glucose_at(const CsvRow& row, std::size_t column, const Columns& columns, char delimiter) {
  const std::string_view whole = trim(row.field(column));
  if (delimiter == ',' && row.fields.size() == columns.count + 1 && columns.unit == cgm::Unit::kMmolL) {
    const std::string_view fraction = trim(row.field(column + 1));
    if (is_digits(whole) && is_digits(fraction)) return parse_glucose(std::string(whole) + "." + std::string(fraction));
  }
  return parse_glucose(whole);
}

Result<void> read_row(const CsvRow& row, const Columns& columns, char delimiter, Collector& collector) {
  collector.count_row();
  const std::string_view type = trim(row.field(columns.historic - 1));
  const bool historic = type == "0";
  if (row.broken || row.fields.size() <= columns.historic || !is_digits(type) ||
      row.fields.size() > columns.count + 1) {
    collector.skip(row.line, SkipReason::kMalformed);
    return {};
  }
  if (!historic && type != "1") {
    collector.skip(row.line, SkipReason::kNotASensorValue);
    return {};
  }
  const auto time = parse_timestamp(row.field(columns.historic - 2));
  if (!time) {
    collector.skip(row.line, SkipReason::kNoTime);
    return {};
  }
  RawReading raw;
  raw.line = row.line;
  raw.time = *time;
  raw.kind = historic ? cgm::Kind::kSensor : cgm::Kind::kScan;
  raw.glucose = glucose_at(row, historic ? columns.historic : columns.historic + 1, columns, delimiter);
  raw.device = columns.has_device()
                   ? collector.device(trim(row.field(columns.historic - 4)), trim(row.field(columns.historic - 3)))
                   : collector.device("FreeStyle Libre", "");
  return collector.add(std::move(raw));
}

Result<void> read(TextSource& source, const Head& head, Collector& collector) {
  collector.limits = {"40", "500", "2.2", "27.8"};
  CsvReader csv(source, head.delimiter);
  CsvRow row;
  std::optional<Columns> columns;
  while (true) {
    GL_TRY(more, csv.next(row));
    if (!more) break;
    if (columns) {
      GL_CHECK(read_row(row, *columns, head.delimiter, collector));
      continue;
    }
    columns = find_columns(row.fields);
    if (columns) collector.header_unit = columns->unit;
  }
  if (!columns) return fail(ErrorCode::kInputRefused, "the file is no LibreView export", Advice::kLeaveFormatOut);
  return {};
}

}  // namespace

extern const DeviceFormat kLibreView{"libreview", "LibreView CSV export (FreeStyle Libre), in any language", recognise,
                                     read};

}  // namespace glucoledger::convert
