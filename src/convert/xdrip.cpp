// xDrip+'s CSV export (SiDiary's format): DAY;TIME;UDT_CGMS;BG_LEVEL;CH_GR;BOLUS;REMARK.
//
// Local time to the minute, dd.MM.yyyy;HH:mm. UDT_CGMS is the sensor's value, always mg/dL from xDrip+; the other
// columns are fingersticks, meals and insulin.
#include "base/advice.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"

namespace glucoledger::convert {
namespace {

bool is_header(const auto& row) {
  return row.size() >= 3 && lower(trim(row[0])) == "day" && lower(trim(row[1])) == "time" &&
         lower(trim(row[2])) == "udt_cgms";
}

bool recognise(const Head& head) {
  return !head.rows.empty() && is_header(head.rows.front());
}

Result<void> read_row(const CsvRow& row, Collector& collector) {
  collector.count_row();
  if (row.broken || row.fields.size() < 3) {
    collector.skip(row.line, SkipReason::kMalformed);
    return {};
  }
  RawReading raw;
  raw.line = row.line;
  raw.glucose = parse_glucose(row.field(2));
  if (raw.glucose.kind == GlucoseCell::Kind::kEmpty) {
    collector.skip(row.line, SkipReason::kNotASensorValue);
    return {};
  }
  const auto time = parse_timestamp(std::string(trim(row.field(0))) + " " + std::string(trim(row.field(1))));
  if (!time) {
    collector.skip(row.line, SkipReason::kNoTime);
    return {};
  }
  raw.time = *time;
  raw.device = collector.device("", "");
  return collector.add(std::move(raw));
}

Result<void> read(TextSource& source, const Head& head, Collector& collector) {
  collector.date_order = DateOrder::kDayMonthYear;
  if (!collector.options().unit) collector.header_unit = cgm::Unit::kMgDl;
  CsvReader csv(source, head.delimiter);
  CsvRow row;
  GL_TRY(some, csv.next(row));
  if (!some || !is_header(row.fields)) {
    return fail(ErrorCode::kInputRefused, "the file is no xDrip+ export", Advice::kLeaveFormatOut);
  }
  while (true) {
    GL_TRY(more, csv.next(row));
    if (!more) return {};
    GL_CHECK(read_row(row, collector));
  }
}

}  // namespace

extern const DeviceFormat kXdrip{"xdrip", "xDrip+ CSV export (SiDiary format)", recognise, read};

}  // namespace glucoledger::convert
