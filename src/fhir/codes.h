// The codes and systems that an Observation of ours may hold. privacy/strip.cpp lets nothing else through.
//
// The CGM profiles fix the text of a unit beside its UCUM code. Source: loinc.org, HL7 CGM 1.0.0, FHIR R4 value sets.
#pragma once

#include <array>
#include <string_view>

#include "cgm/reading.h"

namespace glucoledger::fhir {

inline constexpr std::string_view kLoinc = "http://loinc.org";
inline constexpr std::string_view kUcum = "http://unitsofmeasure.org";
inline constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";
inline constexpr std::string_view kDataAbsentReason = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
inline constexpr std::string_view kDataAbsentExtension = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
// The identifier of a reading, and whether the wearer scanned it (code "scan"; a continuous value has no method).
inline constexpr std::string_view kReadingIdentifierSystem = "urn:glucoledger:reading";
inline constexpr std::string_view kReadingKind = "urn:glucoledger:reading-kind";
inline constexpr std::string_view kScanCode = "scan";

struct GlucoseCode {
  std::string_view loinc;
  std::string_view display;
  cgm::Unit unit;
  std::string_view profile;  // of the HL7 CGM guide; empty for the paper's code
};
inline constexpr std::array<GlucoseCode, 3> kGlucoseCodes{{
    {"99504-3", "Glucose [Mass/volume] in Interstitial fluid", cgm::Unit::kMgDl,
     "http://hl7.org/fhir/uv/cgm/StructureDefinition/cgm-sensor-reading-mass-per-volume"},
    {"105272-9", "Glucose [Moles/volume] in Interstitial fluid", cgm::Unit::kMmolL,
     "http://hl7.org/fhir/uv/cgm/StructureDefinition/cgm-sensor-reading-moles-per-volume"},
    {"15074-8", "Glucose [Moles/volume] in Blood", cgm::Unit::kMmolL, ""},
}};

struct UnitCode {
  std::string_view ucum;
  std::string_view text;
};
constexpr UnitCode unit_code(cgm::Unit unit) {
  return unit == cgm::Unit::kMgDl ? UnitCode{"mg/dL", "mg/dl"} : UnitCode{"mmol/L", "mmol/l"};
}

// The statuses of an Observation whose value counts.
inline constexpr std::array<std::string_view, 3> kStatuses{"final", "amended", "corrected"};

// HL7's data-absent-reason code system.
inline constexpr std::array<std::string_view, 15> kAbsentReasons{
    "unknown",      "asked-unknown",     "temp-unknown",      "not-asked",     "asked-declined",
    "masked",       "not-applicable",    "unsupported",       "as-text",       "error",
    "not-a-number", "negative-infinity", "positive-infinity", "not-performed", "not-permitted"};

}  // namespace glucoledger::fhir
