// The person whose readings these are, as far as a FHIR Patient or a device file tells.
//
// All of it identifies a person: it belongs into full Observations, and nothing of it into a stripped one
// (privacy/strip.h). Source: https://hl7.org/fhir/R4/patient.html
#pragma once

#include <string>
#include <string_view>

#include "fhir/json.h"

namespace glucoledger::fhir {

// Texts are empty where nothing is known.
struct Patient {
  std::string identifier_system;
  std::string identifier_value;
  std::string family;
  std::string given;       // given names, separated by blanks
  std::string birth_date;  // YYYY, YYYY-MM or YYYY-MM-DD
  std::string gender;      // male, female, other, unknown
  Json address;            // the arrays as they were given, or null
  Json telecom;
};

// A FHIR R4 Patient as JSON. kInputRefused, with the reason, when it is none or an element has the wrong type.
Result<Patient> parse_patient(std::string_view json);
// The Patient as FHIR JSON; parse_patient reads it back.
// Texts that FHIR does not allow are mended or left out.
Json patient_resource(const Patient& patient);
std::string patient_json(const Patient& patient);
// The identifier alone; an empty object where there is none.
Json patient_identifier(const Patient& patient);
// What `known` lacks is taken from `other` (a Clarity file names its patient in the first rows).
Patient merge(Patient known, const Patient& other);
// "Given Family", or as much of it as is known.
std::string display_name(const Patient& patient);

}  // namespace glucoledger::fhir
