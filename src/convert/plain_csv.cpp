// A plain CSV with a header that names a time and a glucose column, and perhaps several people.
//
// Columns are found by name, in several languages: time (or date and time), glucose, and optionally subject, device,
// serial number, unit and type: rows whose type is a fingerstick, calibration or the like are left out. The unit is the
// header's, the row's, the option's, or, where all values are possible in one unit alone, that one.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/advice.h"
#include "base/limits.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"
#include "convert/words.h"

namespace glucoledger::convert {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

constexpr std::array<std::string_view, 21> kTimeNames{
    "timestamp",  "datetime",     "date_time",  "date time",   "device timestamp", "device_timestamp", "time stamp",
    "local time", "localtime",    "local_time", "displaytime", "display time",     "zeitstempel",      "zeitpunkt",
    "horodatage", "fecha y hora", "fechahora",  "data e ora",  "tijdstip",         "datetimestamp",    "date/time"};
constexpr std::array<std::string_view, 7> kClockNames{"time", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd"};
constexpr std::array<std::string_view, 7> kDayNames{"date", "day", "datum", "fecha", "data", "jour", "dag"};
constexpr std::array<std::string_view, 21> kGlucoseNames{"gl",
                                                         "glucose",
                                                         "glucose value",
                                                         "glucose_value",
                                                         "glucosevalue",
                                                         "sgv",
                                                         "sensor glucose",
                                                         "sensor_glucose",
                                                         "sensorglucose",
                                                         "cgm",
                                                         "cgm glucose",
                                                         "cgm_glucose",
                                                         "egv",
                                                         "bg",
                                                         "blood glucose",
                                                         "glukose",
                                                         "glukosewert",
                                                         "glycemie",
                                                         "glucosa",
                                                         "glicemia",
                                                         "glucosio"};
constexpr std::array<std::string_view, 12> kSubjectNames{"subject", "subject_id", "subject id",  "subjectid",
                                                         "patient", "patient_id", "patient id",  "patientid",
                                                         "ptid",    "usubjid",    "participant", "person"};
constexpr std::array<std::string_view, 3> kDeviceNames{"device", "device_model", "device model"};
constexpr std::array<std::string_view, 5> kSerialNames{"serial", "serial number", "serial_number", "device_id",
                                                       "device id"};
constexpr std::array<std::string_view, 2> kUnitNames{"unit", "units"};
constexpr std::array<std::string_view, 15> kTypeNames{
    "type", "event type", "event_type", "eventtype", "event",     "record type", "record_type", "entry type",
    "kind", "typ",        "art",        "ereignis",  "evenement", "tipo",        "evento"};
// What stands there, folded, where a value is none of the sensor's. English; German; French; Spanish, Portuguese,
// Italian; Dutch; Swedish, Norwegian, Danish; Finnish; Czech, Polish.
constexpr std::array<std::string_view, 52> kOtherEntries{
    "mbg",         "smbg",         "bgm",         "cal",          "calibration",  "manual",      "manual bg",
    "fingerstick", "finger stick", "fingerprick", "finger prick", "finger-stick", "meter",       "blood",
    "bolus",       "basal",        "insulin",     "carbs",        "meal",         "food",        "note",
    "exercise",    "alert",        "alarm",       "kalibrierung", "manuell",      "fingerstich", "blutzucker",
    "messgerat",   "mahlzeit",     "notiz",       "etalonnage",   "calibrage",    "manuel",      "manuelle",
    "capillaire",  "repas",        "calibracion", "capilar",      "comida",       "calibracao",  "calibrazione",
    "manuale",     "pasto",        "kalibratie",  "handmatig",    "vingerprik",   "kalibrering", "kalibrointi",
    "kalibrace",   "kalibracja",   "reczny"};

struct Columns {
  std::size_t time = kNone, day = kNone, glucose = kNone, subject = kNone, row_id = kNone;
  std::size_t device = kNone, serial = kNone, unit = kNone, type = kNone;
  std::optional<cgm::Unit> header_unit;
};

// "Glucose Value (mg/dL)" -> "glucose value".
std::string bare_name(std::string_view header) {
  std::string name = folded(trim(header));
  name.resize(std::min(name.find_first_of("(["), name.size()));
  for (const std::string_view unit : {"mg/dl", "mg_dl", "mgdl", "mmol/l", "mmol_l", "mmoll", "mmol"}) {
    if (name.ends_with(unit)) name.resize(name.size() - unit.size());
  }
  std::string_view bare = trim(name);
  while (bare.ends_with('_') || bare.ends_with(',')) bare = trim(bare.substr(0, bare.size() - 1));
  return std::string(bare);
}

template <std::size_t kCount>
std::size_t find(const std::vector<std::string>& names, const std::array<std::string_view, kCount>& wanted) {
  for (const std::string_view name : wanted) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  }
  return kNone;
}

std::optional<Columns> find_columns(const auto& header) {
  std::vector<std::string> names;
  names.reserve(header.size());
  for (const auto& field : header) names.push_back(bare_name(field));
  Columns columns;
  columns.glucose = find(names, kGlucoseNames);
  if (columns.glucose == kNone) return std::nullopt;
  columns.time = find(names, kTimeNames);
  if (columns.time == kNone) {
    columns.time = find(names, kClockNames);
    columns.day = find(names, kDayNames);
    if (columns.time == kNone) std::swap(columns.time, columns.day);  // "date" alone may hold both
    if (columns.time == kNone) return std::nullopt;
  }
  columns.subject = find(names, kSubjectNames);
  columns.row_id = find(names, std::array<std::string_view, 1>{"id"});
  columns.device = find(names, kDeviceNames);
  columns.serial = find(names, kSerialNames);
  columns.unit = find(names, kUnitNames);
  columns.type = find(names, kTypeNames);
  columns.header_unit = unit_in(header[columns.glucose]);
  return columns;
}

bool recognise(const Head& head) {
  return std::any_of(head.rows.begin(), head.rows.end(), [](const auto& row) { return find_columns(row).has_value(); });
}

bool is_other_entry(std::string_view type) {
  const std::string same = folded(trim(type));
  return std::find(kOtherEntries.begin(), kOtherEntries.end(), same) != kOtherEntries.end();
}

// Seconds or milliseconds since 1970.
std::optional<std::int64_t> epoch_ms(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() == 10) return number * 1000;
  return text.size() == 13 ? std::optional(number) : std::nullopt;
}

class Reader {
 public:
  Reader(Collector& collector, const Columns& columns) : collector_(&collector), columns_(columns) {}

  Result<void> read(const CsvRow& row) {
    collector_->count_row();
    if (row.broken || row.fields.size() <= std::max(columns_.glucose, columns_.time)) {
      collector_->skip(row.line, SkipReason::kMalformed);
      return {};
    }
    if (columns_.type != kNone && is_other_entry(row.field(columns_.type))) {
      collector_->skip(row.line, SkipReason::kNotASensorValue);
      return {};
    }
    RawReading raw;
    raw.line = row.line;
    raw.glucose = parse_glucose(row.field(columns_.glucose));
    if (columns_.unit != kNone) raw.unit = unit_in(row.field(columns_.unit));
    if (!read_time(row, raw)) {
      pending_time_.push_back(row.line);
      return note_subject(row, std::nullopt);
    }
    const std::string_view model = columns_.device == kNone ? "" : trim(row.field(columns_.device));
    const std::string_view serial = columns_.serial == kNone ? "" : trim(row.field(columns_.serial));
    raw.device = collector_->device(model, serial);
    return note_subject(row, std::move(raw));
  }

  // Which rows count is known once all people are.
  Result<void> finish() {
    const bool row_numbers = columns_.subject == kNone && rows_.size() > 2 && labels_.size() == rows_.size();
    const bool several = labels_.size() > 1 && !row_numbers;
    const auto& wanted = collector_->options().subject;
    const bool labelled = labels_.size() != 1 || !labels_.contains("");
    if (wanted && labelled && !row_numbers && !labels_.contains(*wanted)) return refuse("the file has no such subject");
    if (several && !wanted) return refuse("the file holds readings of several people");
    if (labelled && !row_numbers && !labels_.empty()) {
      collector_->subject = wanted ? *wanted : labels_.begin()->first;
    }
    for (const std::size_t line : pending_time_) collector_->skip(line, SkipReason::kNoTime);
    for (Row& row : rows_) {
      if (!row.raw) continue;
      if (several && row.label->compare(*wanted) != 0) {
        collector_->skip(row.raw->line, SkipReason::kOtherSubject);
      } else {
        GL_CHECK(collector_->add(std::move(*row.raw)));
      }
    }
    return {};
  }

 private:
  struct Row {
    const std::string* label = nullptr;
    std::optional<RawReading> raw;
  };

  bool read_time(const CsvRow& row, RawReading& raw) {
    std::string text(trim(row.field(columns_.time)));
    if (columns_.day != kNone) text = std::string(trim(row.field(columns_.day))) + " " + text;
    if (const auto epoch = epoch_ms(text)) {
      raw.utc_ms = epoch;
      return true;
    }
    auto time = parse_timestamp(text);
    if (!time) time = parse_timestamp(row.field(columns_.time));  // it may hold the day as well
    if (time) raw.time = *time;
    return time.has_value();
  }

  Result<void> note_subject(const CsvRow& row, std::optional<RawReading> raw) {
    const std::size_t column = subject_column();
    const std::string_view label = column == kNone ? "" : trim(row.field(column));
    if (rows_.size() >= base::limits::kReadingsPerFileMax) {
      return fail(ErrorCode::kInputRefused, "the file holds more than 5 million readings", "export shorter periods");
    }
    if (rows_.empty() || *rows_.back().label != label) {
      rows_.push_back({&labels_.try_emplace(std::string(label), row.line).first->first, std::move(raw)});
    } else {
      rows_.push_back({rows_.back().label, std::move(raw)});
    }
    return {};
  }

  // Names of people have no place in a message: it tells where they stand.
  tl::unexpected<Error> refuse(std::string message) const {
    constexpr std::size_t kLinesShown = 10;
    std::vector<std::size_t> lines;
    for (const auto& [label, line] : labels_) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    std::string shown;
    for (std::size_t i = 0; i < std::min(lines.size(), kLinesShown); ++i) {
      shown += (i == 0 ? "" : ", ") + std::to_string(lines[i]);
    }
    if (lines.size() > kLinesShown) shown += ", ...";
    return fail(ErrorCode::kInputRefused, std::move(message) + " (" + std::to_string(labels_.size()) + " in all)",
                Advice::kSaySubject,
                "what stands in column " + std::to_string(subject_column() + 1) + " of one of the lines " + shown);
  }

  std::size_t subject_column() const { return columns_.subject != kNone ? columns_.subject : columns_.row_id; }

  Collector* collector_;
  Columns columns_;
  std::map<std::string, std::size_t, std::less<>> labels_;  // each person's first line
  std::vector<Row> rows_;
  std::vector<std::size_t> pending_time_;  // lines without a time
};

Result<void> read(TextSource& source, const Head& head, Collector& collector) {
  CsvReader csv(source, head.delimiter);
  CsvRow row;
  std::optional<Reader> reader;
  while (true) {
    GL_TRY(more, csv.next(row));
    if (!more) break;
    if (reader) {
      GL_CHECK(reader->read(row));
    } else if (const auto columns = find_columns(row.fields)) {
      collector.header_unit = columns->header_unit;
      reader.emplace(collector, *columns);
    }
  }
  if (!reader) {
    return fail(ErrorCode::kInputRefused, "no row of the file names a time and a glucose column",
                "put a first row such as \"time,glucose mg/dL\" before the values");
  }
  return reader->finish();
}

}  // namespace

extern const DeviceFormat kPlainCsv{"csv", "Plain CSV with time and glucose columns, of one or several people",
                                    recognise, read};

}  // namespace glucoledger::convert
