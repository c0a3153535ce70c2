// The octets of a Bluetooth CGM Measurement (0x2AA7). Text captures of them: gatt_cgm.cpp.
//
// Source: Bluetooth SIG, CGM Service 1.0.2 and the GATT Specification Supplement; SFLOAT: IEEE 11073-20601.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "convert/device_file.h"

namespace glucoledger::convert {

inline constexpr std::size_t kGattMeasurementSizeMin = 6;

struct GattMeasurement {
  std::string glucose_mg_dl;    // decimal text; empty exactly when `absent_reason` is set
  std::string absent_reason;    // FHIR data-absent-reason code
  int time_offset_minutes = 0;  // since the session's start
  std::uint8_t status = 0;      // Sensor Status Annunciation, its octets "status" and "warning"
  std::uint8_t warning = 0;
};

// One record, as long as its first octet says. Errors: kMalformed, kChecksum.
tl::expected<GattMeasurement, SkipReason> parse_gatt_measurement(ByteView octets);
// Absent for the special values (NaN, NRes, infinities, reserved).
std::optional<std::string> sfloat_text(std::uint16_t raw);
// MCRF4XX: polynomial 0x1021 reflected, seed 0xFFFF.
std::uint16_t gatt_crc(ByteView octets);

}  // namespace glucoledger::convert
