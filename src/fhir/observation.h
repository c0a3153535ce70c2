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
#include "fhir/json.h"
#include "fhir/patient.h"

namespace glucoledger::fhir {

struct ObservationContext {
  std::optional<Patient> patient;  // absent: the subject is marked data-absent
  std::string performer;           // display name; empty: the patient
  // The paper's shape: always in mmol/L, with its LOINC 15074-8 (Glucose [Moles/volume] in Blood) beside 105272-9, and
  // the target range; a note tells the number of a device that shows mg/dL.
  bool paper_record = false;
};

// A complete Observation; the reading's value must be a decimal (cgm::parse_decimal, asserted). Compact ASCII JSON on
// one line. About 1.6 KB; 2.2 to 2.8 KB pretty-printed as a paper record.
std::string full_observation(const cgm::Reading& reading, const ObservationContext& context);

// A full or stripped Observation back into a reading; `identity` is its identifier's value, empty where it has none.
// Refused (kInputRefused): another resource, a status or code that is not in codes.h, a value that is no plausible
// glucose or not in the code's unit, both or neither of value and dataAbsentReason, no instant with its offset.
Result<cgm::Reading> reading_from_observation(std::string_view json);
Result<cgm::Reading> reading_from_json(const Json& observation);
// Whether `code` holds this LOINC code.
bool has_code(const Json& observation, std::string_view loinc);
// A decimal text as JSON writes it: the same digits, without zeros before the first.
std::string number_text(std::string_view decimal);

}  // namespace glucoledger::fhir
