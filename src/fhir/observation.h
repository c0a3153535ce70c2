// A glucose reading as a FHIR R4 Observation of the HL7 CGM guide, and back.
//
// Codes: LOINC 99504-3 in mg/dL, 105272-9 in mmol/L, by the reading's own unit; numbers keep their text. The profiles
// fix the unit's text to "mg/dl" and "mmol/l" beside the UCUM codes mg/dL and mmol/L. High and Low are the limit with a
// comparator; a sensor error is a dataAbsentReason and has no value.
// Source: https://hl7.org/fhir/R4/observation.html, https://hl7.org/fhir/uv/cgm (1.0.0). Judge:
// tests/interop/validate-fhir.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cgm/reading.h"
#include "fhir/patient.h"

namespace glucoledger::fhir {

inline constexpr std::string_view kReadingIdentifierSystem = "urn:glucoledger:reading";
inline constexpr std::string_view kLoinc = "http://loinc.org";
inline constexpr std::string_view kUcum = "http://unitsofmeasure.org";
inline constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";
inline constexpr std::string_view kDataAbsentReason = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
inline constexpr std::string_view kDataAbsentExtension = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
inline constexpr std::string_view kReadingKind = "urn:glucoledger:reading-kind";  // code "scan"; none: a sensor value

struct ObservationContext {
  std::optional<Patient> patient;  // absent: the subject is marked data-absent
  std::string performer;           // display name; empty: the patient
  // The paper's shape: always in mmol/L, with its LOINC 15074-8 (Glucose [Moles/volume] in Blood) beside 105272-9; a
  // note tells the number of a device that shows mg/dL.
  bool paper_record = false;
};

// A complete Observation: compact ASCII JSON on one line. About 1.7 KB; 2.5 KB pretty-printed as a paper record.
std::string full_observation(const cgm::Reading& reading, const ObservationContext& context);

// A full or stripped Observation back into a reading; `identity` is its identifier's value. Refused (kInputRefused):
// another resource, status or code, a unit that is not the code's, neither value nor dataAbsentReason, no instant.
Result<cgm::Reading> reading_from_observation(std::string_view json);
// The identifier by which duplicates are dropped; kInputRefused where the record has none.
Result<std::string> record_identifier(std::string_view json);

// "2019-05-01T08:30:00+02:00", with milliseconds only where there are some; "Z" for an offset of 0.
std::string date_time(std::int64_t utc_ms, int utc_offset_minutes);
struct Instant {
  std::int64_t utc_ms = 0;
  int utc_offset_minutes = 0;
};
// A FHIR dateTime of second precision or finer with its offset, of the years 1900 to 9999; digits after the third of a
// second are dropped.
std::optional<Instant> parse_date_time(std::string_view text);

}  // namespace glucoledger::fhir
