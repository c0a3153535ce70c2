// From the rows of any format to readings: what all formats have in common.
//
// A format adds readings as they stand in the file. `finish` decides what only the whole file tells (unit, order of day
// and month), puts local times on the time line through daylight saving (wall_clock.h), gives every reading its
// identity (cgm/reading.h), and sorts out duplicates, conflicts, absurd values and dates in the future, row by row.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.h"
#include "convert/device_file.h"
#include "convert/glucose_cell.h"
#include "convert/timestamp.h"
#include "convert/wall_clock.h"

namespace glucoledger::convert {

// A reading as it stands in the file.
struct RawReading {
  std::size_t line = 0;
  std::uint32_t device = 0;  // Collector::device
  cgm::Kind kind = cgm::Kind::kSensor;
  GlucoseCell glucose;
  std::optional<cgm::Unit> unit;  // where the row or the format itself says it; else decided over the file

  // Either an instant, with the offset of the wearer's clock if known, or a wall time.
  std::optional<std::int64_t> utc_ms;
  std::optional<int> offset_minutes;
  RawTimestamp time;

  // The device's own count of seconds or readings, and what counts (a transmitter, a session).
  std::optional<std::int64_t> tick;
  std::uint32_t tick_source = 0;  // Collector::name
};

class Collector {
 public:
  Collector(std::string_view format, const ImportOptions& options);

  // The same pair gives the same number.
  std::uint32_t device(std::string_view model, std::string_view serial);
  std::uint32_t name(std::string_view text);

  Result<void> add(RawReading raw);  // kInputRefused beyond limits::kReadingsPerFileMax
  void skip(std::size_t line, SkipReason reason, std::size_t other_line = 0);
  void count_row() { ++file_.rows; }

  std::optional<cgm::Unit> header_unit;
  std::optional<DateOrder> date_order;  // where the format fixes it
  SensorLimits limits;
  // In uploads the device names the uploader, so that two of them may hold the same readings.
  bool devices_are_uploaders = false;
  PatientDetails patient;
  std::string subject;  // ImportedFile::subject
  const ImportOptions& options() const { return *options_; }

  Result<ImportedFile> finish();

 private:
  struct Device {
    std::string model, serial;
  };
  struct Placed;  // one of them on the time line

  Result<std::vector<Placed>> check_values();
  Result<std::vector<Placed>> check_times(std::vector<Placed> placed);
  Result<void> place(std::vector<Placed>& placed);
  Result<base::TimeZone> choose_zone();
  void place_wall_times(std::vector<Placed>& placed, const base::TimeZone& zone);
  void identify(std::vector<Placed>& placed) const;
  void drop_repeats(std::vector<Placed>& placed);
  void drop_second_uploads(std::vector<Placed>& placed);
  void drop_future(std::vector<Placed>& placed);
  cgm::Reading reading(Placed& placed) const;
  tl::unexpected<Error> nothing_usable() const;
  std::string_view device_key(std::uint32_t device) const;

  const ImportOptions* options_;
  ImportedFile file_;
  std::vector<RawReading> raw_readings_;
  std::vector<Device> devices_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> device_numbers_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t, std::less<>> name_numbers_;
  std::map<SkipReason, SkippedGroup> skipped_;
};

}  // namespace glucoledger::convert
