// One value of a continuous glucose monitor, as its file told it.
//
// Glucose keeps its original unit and decimal text: nothing is converted before someone asks (glucose.h). A reading
// never holds a number that was not measured: above or below the sensor's range it is the limit with a comparator, and
// a sensor error has no value at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace glucoledger::cgm {

enum class Unit { kMgDl, kMmolL };
enum class Comparator { kNone, kBelow, kAbove };  // "Low": < limit, "High": > limit
enum class Kind { kSensor, kScan };               // a continuous value, or one that the wearer scanned

struct Reading {
  std::int64_t utc_ms = 0;
  int utc_offset_minutes = 0;  // of the local wall time, kept

  std::string
      value;  // decimal text in `unit`, as in the file ("153", "8.5"); empty exactly when `absent_reason` is set
  Unit unit = Unit::kMgDl;
  Comparator comparator = Comparator::kNone;
  std::optional<std::string> absent_reason;  // FHIR data-absent-reason code: "error", "not-performed", "unknown"

  Kind kind = Kind::kSensor;
  std::string device_model;   // "Dexcom G6 Receiver"; may be empty
  std::string device_serial;  // identifies a person's device: never published in design A; may be empty

  // What makes it this reading and no other: the device's own tick or sequence where the file has one, else device,
  // kind, local wall time and an occurrence, which rises where the file's clock steps back. Stable across exports of
  // the same data. Made in convert/collector.cpp.
  std::string identity;

  std::size_t source_line = 0;  // 1-based; 0 where a format has none
};

}  // namespace glucoledger::cgm
