// Captures of the Bluetooth CGM Measurement characteristic (0x2AA7), as text: one notification a line, in hexadecimal.
//
//   # a comment
//   2AAA E8 07 0A 1B 00 00 00 04 04      Session Start Time: year, month, day, h, m, s, zone and DST in quarters of an
//   hour 2AA7 06 00 78 00 1E 00               CGM Measurement: 120 mg/dL, 30 minutes after the session's start 06 00 78
//   00 1E 00                    a line without a name is a measurement too
//
// Octets may be joined or separated by blanks - : or commas, and carry 0x. A notification may hold several
// measurements, each as long as its first octet says; two octets more than its flags ask for are a CRC (MCRF4XX, seed
// 0xFFFF). Glucose is an IEEE 11073 SFLOAT in mg/dL. Session Start Time may also be given as text ("Session Start Time:
// 2024-10-27T00:00:00+02:00"). Source: Bluetooth SIG, CGM Service and CGM Profile; GATT Specification Supplement.
#include "convert/gatt_cgm.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/durations.h"
#include "base/limits.h"
#include "base/wall_time.h"
#include "convert/csv_reader.h"
#include "convert/device_format.h"

namespace glucoledger::convert {
namespace {

constexpr const char* kStartMissing = "add what 0x2AAA reads, as a line such as: 2AAA E8 07 0A 1B 01 00 00 04 04";

enum class LineKind { kComment, kMeasurement, kSessionStart, kOther, kBroken };

struct Line {
  LineKind kind = LineKind::kBroken;
  Bytes octets;
  std::string_view text;  // of a Session Start Time that is no hexadecimal
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// `text` in lower case.
std::optional<Bytes> parse_octets(std::string_view text) {
  Bytes octets;
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::string_view(" \t-:,()").find(text[at]) != std::string_view::npos) {
      ++at;
    } else if (text.substr(at).starts_with("0x")) {
      at += 2;
    } else {
      const int high = hex_digit(text[at]);
      const int low = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      octets.push_back(static_cast<std::uint8_t>(high * 16 + low));
      at += 2;
    }
  }
  return octets;
}

// Takes a name from the front of the line, and what separates it from the octets.
bool take_name(std::string_view& text, std::string_view name) {
  std::string_view rest = text;
  if (rest.starts_with("0x") && !name.starts_with("0x")) rest.remove_prefix(2);
  if (!rest.starts_with(name)) return false;
  rest.remove_prefix(name.size());
  if (!rest.empty() && std::string_view(" \t:=,").find(rest.front()) == std::string_view::npos) return false;
  while (!rest.empty() && std::string_view(" \t:=,").find(rest.front()) != std::string_view::npos)
    rest.remove_prefix(1);
  text = rest;
  return true;
}

constexpr int kSessionYearMin = 2000;  // earlier ones are lengths of other records

// A measurement begins with its length, a Session Start Time with a year.
bool looks_like_session_start(ByteView octets) {
  if (octets.size() != 9 && octets.size() != 11) return false;
  const int year = octets[0] | octets[1] << 8;
  return octets[0] > octets.size() && year >= kSessionYearMin && year <= base::limits::kDeviceYearMax &&
         octets[2] >= 1 && octets[2] <= 12;
}

// `text` in lower case and trimmed.
Line classify(std::string_view text) {
  Line line;
  const bool comment = text.starts_with('#');
  while (text.starts_with('#') || text.starts_with(' ')) text.remove_prefix(1);
  bool named = false;
  for (const std::string_view name :
       {"2aaa", "session start time", "sessionstarttime", "session_start_time", "cgm session start time"}) {
    if (!take_name(text, name)) continue;
    line.kind = LineKind::kSessionStart;
    named = true;
    break;
  }
  if (!named && (comment || text.empty())) {
    line.kind = LineKind::kComment;
    return line;
  }
  for (const std::string_view name : {"2aa7", "cgm measurement"}) {
    if (named || !take_name(text, name)) continue;
    line.kind = LineKind::kMeasurement;
    named = true;
  }
  if (!named && (take_name(text, "2a18") || take_name(text, "2aa8") || take_name(text, "2aa9"))) {
    line.kind = LineKind::kOther;
    return line;
  }
  auto octets = parse_octets(text);
  if (!octets || octets->empty()) {
    line.text = text;
    if (line.kind != LineKind::kSessionStart) line.kind = LineKind::kBroken;
    return line;
  }
  if (!named) line.kind = looks_like_session_start(*octets) ? LineKind::kSessionStart : LineKind::kMeasurement;
  line.octets = std::move(*octets);
  return line;
}

struct SessionStart {
  std::int64_t local_ms = 0;
  std::optional<int> offset_minutes;
};

std::optional<SessionStart> parse_session_start(const Line& line) {
  SessionStart start;
  if (line.octets.empty()) {
    const auto time = parse_timestamp(line.text);
    if (!time || !time->year_first) return std::nullopt;
    const auto local = local_ms(*time, DateOrder::kYearMonthDay);
    if (!local) return std::nullopt;
    return SessionStart{*local, time->offset_minutes};
  }
  ByteView octets = line.octets;
  if (octets.size() == 11) {
    if (gatt_crc(octets.first(9)) != (octets[9] | octets[10] << 8)) return std::nullopt;
    octets = octets.first(9);
  }
  if (octets.size() != 9 || octets[4] > 23 || octets[5] > 59 || octets[6] > 59) return std::nullopt;
  RawTimestamp time;
  time.first = octets[0] | octets[1] << 8;
  time.second = octets[2];
  time.third = octets[3];
  time.year_first = true;
  time.time_of_day_ms = (octets[4] * 60 + octets[5]) * base::kMinuteMs + octets[6] * 1000;
  const auto local = local_ms(time, DateOrder::kYearMonthDay);
  if (!local) return std::nullopt;
  start.local_ms = *local;
  const int zone = static_cast<std::int8_t>(octets[7]);  // -128: unknown
  const int summer = octets[8];                          // 255: unknown; 0, 2, 4 or 8
  if (zone >= -48 && zone <= 56 && summer <= 8) start.offset_minutes = (zone + summer) * 15;
  return start;
}

// A sensor that is broken shows numbers nobody measured; one beyond its range shows its limit.
GlucoseCell glucose(const GattMeasurement& measurement) {
  constexpr std::uint8_t kSensorMalfunction = 1 << 3;
  constexpr std::uint8_t kBelowDeviceRange = 1 << 6;
  constexpr std::uint8_t kAboveDeviceRange = 1 << 7;
  if (measurement.glucose_mg_dl.empty()) return absent_cell(measurement.absent_reason);
  if ((measurement.status & kSensorMalfunction) != 0) return absent_cell("error");
  GlucoseCell cell = parse_glucose(measurement.glucose_mg_dl);
  if ((measurement.warning & kBelowDeviceRange) != 0) cell.comparator = cgm::Comparator::kBelow;
  if ((measurement.warning & kAboveDeviceRange) != 0) cell.comparator = cgm::Comparator::kAbove;
  return cell;
}

class Reader {
 public:
  explicit Reader(Collector& collector) : collector_(&collector) {}

  Result<void> read(std::size_t number, const Line& line) {
    switch (line.kind) {
      case LineKind::kComment:
        return {};
      case LineKind::kSessionStart:
        return read_session_start(number, line);
      case LineKind::kMeasurement:
        return read_notification(number, line.octets);
      default:
        collector_->count_row();
        collector_->skip(number, line.kind == LineKind::kOther ? SkipReason::kNotASensorValue : SkipReason::kMalformed);
        return {};
    }
  }

  // A client may read the session's start after the first notifications; of several starts none is theirs for sure.
  Result<void> finish() {
    if (starts_ == 0 && !before_start_.empty()) {
      return fail(ErrorCode::kInputRefused, "the capture holds no session start time", kStartMissing);
    }
    for (const auto& [number, measurement] : before_start_) {
      if (starts_ == 1 && started_) {
        GL_CHECK(add(number, measurement));
      } else {
        collector_->skip(number, SkipReason::kNoSessionStart);
      }
    }
    return {};
  }

 private:
  Result<void> read_session_start(std::size_t number, const Line& line) {
    const auto start = parse_session_start(line);
    ++starts_;
    started_ = start.has_value();
    if (!started_) {
      collector_->skip(number, SkipReason::kNoTime);
      return {};
    }
    start_ = *start;
    return resolve_zone();
  }

  // Without an offset of its own the session's start is a wall time of the wearer's zone; from there on time elapses.
  Result<void> resolve_zone() {
    if (start_.offset_minutes) {
      start_utc_ms_ = start_.local_ms - *start_.offset_minutes * base::kMinuteMs;
      return {};
    }
    const ImportOptions& options = collector_->options();
    GL_TRY(zone, base::TimeZone::find(options.time_zone.value_or(options.default_time_zone)));
    const auto local = zone.resolve(start_.local_ms >= 0 ? start_.local_ms / 1000 : (start_.local_ms - 999) / 1000);
    start_utc_ms_ = start_.local_ms - local.offset_before_minutes * base::kMinuteMs;
    return {};
  }

  Result<void> read_notification(std::size_t number, ByteView octets) {
    while (!octets.empty()) {
      collector_->count_row();
      const std::size_t size = octets[0];
      if (size < kGattMeasurementSizeMin || size > octets.size()) {
        collector_->skip(number, SkipReason::kMalformed);
        return {};
      }
      GL_CHECK(read_measurement(number, octets.first(size)));
      octets = octets.subspan(size);
    }
    return {};
  }

  Result<void> read_measurement(std::size_t number, ByteView octets) {
    const auto measurement = parse_gatt_measurement(octets);
    if (!measurement) {
      collector_->skip(number, measurement.error());
      return {};
    }
    if (starts_ == 0) {
      if (before_start_.size() >= base::limits::kReadingsPerFileMax) {
        return fail(ErrorCode::kInputRefused, "the capture holds no session start time", kStartMissing);
      }
      before_start_.emplace_back(number, *measurement);
      return {};
    }
    if (!started_) {
      collector_->skip(number, SkipReason::kNoSessionStart);
      return {};
    }
    return add(number, *measurement);
  }

  Result<void> add(std::size_t number, const GattMeasurement& measurement) {
    RawReading raw;
    raw.line = number;
    raw.unit = cgm::Unit::kMgDl;
    raw.utc_ms = start_utc_ms_ + measurement.time_offset_minutes * base::kMinuteMs;
    raw.offset_minutes = start_.offset_minutes;
    raw.glucose = glucose(measurement);
    raw.device = collector_->device("Bluetooth CGM", "");
    raw.tick = measurement.time_offset_minutes;
    raw.tick_source = collector_->name("session " + base::wall_time_text(start_.local_ms));
    return collector_->add(std::move(raw));
  }

  Collector* collector_;
  std::size_t starts_ = 0;
  bool started_ = false;
  SessionStart start_;
  std::int64_t start_utc_ms_ = 0;
  std::vector<std::pair<std::size_t, GattMeasurement>> before_start_;
};

// Records that fill the line exactly, each as long as it says: dates and numbers do not.
bool is_notification(ByteView octets) {
  while (!octets.empty()) {
    const std::size_t size = octets[0];
    if (size < kGattMeasurementSizeMin || size > octets.size()) return false;
    octets = octets.subspan(size);
  }
  return true;
}

bool recognise(const Head& head) {
  if (head.is_json) return false;
  std::size_t good = 0, bad = 0;
  std::string_view rest = head.text;
  for (int i = 0; i < 50 && !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::string text = lower(trim(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const Line line = classify(text);
    const bool measured = line.kind == LineKind::kMeasurement && is_notification(line.octets);
    if (measured || line.kind == LineKind::kSessionStart) ++good;
    if (line.kind == LineKind::kBroken || (line.kind == LineKind::kMeasurement && !measured)) ++bad;
  }
  return good > bad;
}

Result<void> read(TextSource& source, const Head&, Collector& collector) {
  // Lines without quotes or delimiters: the CSV reader gives them whole, with its bounds.
  constexpr char kNoDelimiter = '\x1f';
  CsvReader lines(source, kNoDelimiter);
  CsvRow row;
  Reader reader(collector);
  while (true) {
    GL_TRY(more, lines.next(row));
    if (!more) return reader.finish();
    const std::string text = lower(trim(row.field(0)));
    GL_CHECK(reader.read(row.line, classify(text)));
  }
}

}  // namespace

std::uint16_t gatt_crc(ByteView octets) {
  std::uint16_t crc = 0xFFFF;
  for (const std::uint8_t octet : octets) {
    crc = static_cast<std::uint16_t>(crc ^ octet);
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0x8408 : crc >> 1);
    }
  }
  return crc;
}

tl::expected<GattMeasurement, SkipReason> parse_gatt_measurement(ByteView octets) {
  constexpr std::uint8_t kTrend = 1 << 0, kQuality = 1 << 1, kWarning = 1 << 5, kCalibration = 1 << 6, kStatus = 1 << 7;
  if (octets.size() < kGattMeasurementSizeMin || octets[0] != octets.size()) {
    return tl::unexpected(SkipReason::kMalformed);
  }
  const std::uint8_t flags = octets[1];
  const auto has = [&](std::uint8_t flag) { return (flags & flag) != 0 ? std::size_t{1} : std::size_t{0}; };
  const std::size_t size =
      kGattMeasurementSizeMin + has(kStatus) + has(kCalibration) + has(kWarning) + 2 * has(kTrend) + 2 * has(kQuality);
  if (octets.size() != size && octets.size() != size + 2) return tl::unexpected(SkipReason::kMalformed);
  if (octets.size() == size + 2 && gatt_crc(octets.first(size)) != (octets[size] | octets[size + 1] << 8)) {
    return tl::unexpected(SkipReason::kChecksum);
  }
  GattMeasurement measurement;
  measurement.time_offset_minutes = octets[4] | octets[5] << 8;
  std::size_t at = kGattMeasurementSizeMin;
  if (has(kStatus) != 0) measurement.status = octets[at++];
  if (has(kCalibration) != 0) ++at;
  if (has(kWarning) != 0) measurement.warning = octets[at++];
  const auto raw = static_cast<std::uint16_t>(octets[2] | octets[3] << 8);
  if (auto text = sfloat_text(raw)) {
    measurement.glucose_mg_dl = std::move(*text);
  } else {
    constexpr std::uint16_t kNaN = 0x07FF;
    measurement.absent_reason = raw == kNaN ? "not-a-number" : "error";
    if (raw == 0x07FE) measurement.absent_reason = "positive-infinity";
    if (raw == 0x0802) measurement.absent_reason = "negative-infinity";
  }
  return measurement;
}

std::optional<std::string> sfloat_text(std::uint16_t raw) {
  constexpr std::uint16_t kSpecialMin = 0x07FE, kSpecialMax = 0x0802;
  if (raw >= kSpecialMin && raw <= kSpecialMax) return std::nullopt;
  int exponent = raw >> 12;
  if (exponent >= 8) exponent -= 16;
  int mantissa = raw & 0x0FFF;
  if (mantissa >= 0x0800) mantissa -= 0x1000;
  std::string digits = std::to_string(std::abs(mantissa));
  if (exponent >= 0) {
    if (mantissa != 0) digits.append(static_cast<std::size_t>(exponent), '0');
  } else {
    const auto decimals = static_cast<std::size_t>(-exponent);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, 1, '.');
  }
  return mantissa < 0 ? "-" + digits : digits;
}

extern const DeviceFormat kBluetoothCgm{"bluetooth-cgm", "Capture of Bluetooth CGM Measurements (0x2AA7), hexadecimal",
                                        recognise, read};

}  // namespace glucoledger::convert
