// Dexcom Clarity's CSV export, G4 to G7.
//
// First rows without a time name the person and the devices; then one row an event, EGV being the sensor's values.
// Local time without a zone, with the transmitter's own seconds beside it where the columns are there. "Low" and "High"
// stand for beyond 40-400 mg/dL (2.2-22.2 mmol/L). The columns keep their places in every language; their names do not.
#include <array>
#include <charconv>
#include <map>

#include "base/advice.h"
#include "base/limits.h"
#include "base/wall_time.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"
#include "convert/words.h"

namespace glucoledger::convert {
namespace {

enum Column : std::size_t {
  kTimestamp = 1,
  kEventType,
  kEventSubtype,
  kPatientInfo,
  kDeviceInfo,
  kSourceDevice,
};

struct Columns {
  std::size_t glucose = 0;
  std::size_t ticks = 0;  // 0: no such column
  std::size_t transmitter = 0;
  std::optional<cgm::Unit> unit;
};

constexpr std::array<std::string_view, 5> kSensorEvents{"egv", "egw", "vge", "veg", "estimated glucose value"};
constexpr std::array<std::string_view, 6> kGivenName{"firstname", "vorname", "prenom", "nombre", "nome", "voornaam"};
constexpr std::array<std::string_view, 6> kFamilyName{"lastname", "nachname", "nom",
                                                      "apellido", "cognome",  "achternaam"};
constexpr std::array<std::string_view, 6> kBirthDate{"dateofbirth",         "geburtsdatum",    "date de naissance",
                                                     "fecha de nacimiento", "data di nascita", "geboortedatum"};

template <std::size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& words, std::string_view word) {
  for (const std::string_view known : words) {
    if (known == word) return true;
  }
  return false;
}

std::optional<Columns> find_columns(const auto& header) {
  if (header.size() < 8) return std::nullopt;
  if (lower(header[kTimestamp]).find("hh:mm:ss") == std::string::npos) return std::nullopt;
  Columns columns;
  for (std::size_t i = kSourceDevice + 1; i < header.size(); ++i) {
    const auto unit = unit_in(header[i]);
    if (columns.glucose == 0 && unit) {
      columns.glucose = i;
      columns.unit = unit;
    }
  }
  if (columns.glucose == 0) return std::nullopt;
  if (header.size() >= 14) {  // they are the last two, or absent
    columns.ticks = 12;
    columns.transmitter = 13;
  }
  return columns;
}

bool recognise(const Head& head) {
  for (const auto& row : head.rows) {
    if (find_columns(row)) return true;
  }
  return false;
}

// Only where day and month cannot be taken for each other: "1968-02-23", "2/23/68".
std::optional<std::string> birth_date(std::string_view text, std::int64_t now_ms) {
  auto time = parse_timestamp(std::string(trim(text)) + " 00:00");
  if (!time) return std::nullopt;
  const bool two_digits =
      !time->year_first && text.size() >= 3 &&
      (text[text.size() - 3] == '/' || text[text.size() - 3] == '.' || text[text.size() - 3] == '-');
  const auto as = [&](DateOrder order) {
    auto local = local_ms(*time, order);
    if (local && *local > now_ms && two_digits) {
      auto earlier = *time;
      earlier.third -= 100;
      local = local_ms(earlier, order);
    }
    return local && *local <= now_ms ? local : std::nullopt;
  };
  const auto day_first = as(DateOrder::kDayMonthYear);
  const auto month_first = as(DateOrder::kMonthDayYear);
  if (day_first && month_first && *day_first != *month_first) return std::nullopt;
  if (!day_first && !month_first) return std::nullopt;
  return base::wall_time_text(day_first ? *day_first : *month_first).substr(0, 10);
}

class Reader {
 public:
  Reader(Collector& collector, const Columns& columns) : collector_(&collector), columns_(columns) {}

  Result<void> read(const CsvRow& row) {
    collector_->count_row();
    if (row.broken || row.fields.size() < kSourceDevice + 1) {
      collector_->skip(row.line, SkipReason::kMalformed);
      return {};
    }
    const std::string event = folded(trim(row.field(kEventType)));
    if (is_one_of(kSensorEvents, event)) return read_value(row);
    if (trim(row.field(kTimestamp)).empty()) {
      read_details(row, event);
    } else {
      collector_->skip(row.line, SkipReason::kNotASensorValue);
    }
    return {};
  }

 private:
  void read_details(const CsvRow& row, std::string_view event) {
    const std::string_view info = trim(row.field(kPatientInfo));
    PatientDetails& patient = collector_->patient;
    if (is_one_of(kGivenName, event) && patient.given_name.empty()) patient.given_name = std::string(info);
    if (is_one_of(kFamilyName, event) && patient.family_name.empty()) patient.family_name = std::string(info);
    if (is_one_of(kBirthDate, event) && !patient.birth_date) {
      patient.birth_date = birth_date(info, collector_->options().now_ms);
    }
    const std::string_view model = trim(row.field(kDeviceInfo));
    const std::string_view serial = trim(row.field(kSourceDevice));
    if (!model.empty() && !serial.empty()) models_.emplace(std::string(serial), std::string(model));
  }

  Result<void> read_value(const CsvRow& row) {
    const auto time = parse_timestamp(row.field(kTimestamp));
    if (!time) {
      collector_->skip(row.line, SkipReason::kNoTime);
      return {};
    }
    RawReading raw;
    raw.line = row.line;
    raw.time = *time;
    raw.glucose = parse_glucose(row.field(columns_.glucose));
    const bool is_unknown = raw.glucose.kind == GlucoseCell::Kind::kNotANumber;
    if (is_unknown && is_word(row.field(columns_.glucose))) raw.glucose.kind = GlucoseCell::Kind::kUnknownEnd;
    const std::string_view serial = trim(row.field(kSourceDevice));
    const auto model = models_.find(serial);
    raw.device = collector_->device(model == models_.end() ? std::string_view() : model->second, serial);
    read_ticks(row, raw);
    return collector_->add(std::move(raw));
  }

  // The seconds alone are no identity: each G7 begins at zero.
  void read_ticks(const CsvRow& row, RawReading& raw) {
    if (columns_.ticks == 0) return;
    const std::string_view text = trim(row.field(columns_.ticks));
    const std::string_view transmitter = trim(row.field(columns_.transmitter));
    std::int64_t tick = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tick);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || tick <= 0 || tick > base::limits::kDeviceTickMaxS || transmitter.empty()) return;
    raw.tick = tick;
    raw.tick_source = collector_->name(transmitter);
  }

  Collector* collector_;
  Columns columns_;
  std::map<std::string, std::string, std::less<>> models_;  // by serial
};

Result<void> read(TextSource& source, const Head& head, Collector& collector) {
  CsvReader csv(source, head.delimiter);
  CsvRow row;
  std::optional<Reader> reader;
  while (true) {
    GL_TRY(more, csv.next(row));
    if (!more) break;
    const auto columns = reader ? std::nullopt : find_columns(row.fields);
    if (columns) {
      collector.header_unit = columns->unit;
      reader.emplace(collector, *columns);
    } else if (reader) {
      GL_CHECK(reader->read(row));
    }
  }
  if (!reader) return fail(ErrorCode::kInputRefused, "the file is no Dexcom Clarity export", Advice::kLeaveFormatOut);
  return {};
}

}  // namespace

extern const DeviceFormat kDexcomClarity{"dexcom-clarity", "Dexcom Clarity CSV export (G4 to G7)", recognise, read};

}  // namespace glucoledger::convert
