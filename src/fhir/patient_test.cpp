#include "fhir/patient.h"

#include <gtest/gtest.h>

#include <string>

namespace glucoledger::fhir {
namespace {

// Shaped after the examples of FHIR R4, Patient; the person is invented.
constexpr const char* kPatient = R"({"resourceType":"Patient","id":"p1","active":true,
  "identifier":[{"use":"usual","system":"urn:oid:1.2.36.146.595.217.0.1","value":"12345"}],
  "name":[{"use":"nickname","given":["Jim"]},{"use":"official","family":"Chalmers","given":["Peter","James"]}],
  "telecom":[{"system":"phone","value":"+49 30 123","use":"home","rank":1},{"value":"no system"}],
  "gender":"male","birthDate":"1974-12-25",
  "address":[{"use":"home","line":["Example Street 5"],"city":"Berlin","postalCode":"10115","country":"DE",
              "extension":[{"url":"http://example.org","valueString":"x"}]}]})";

TEST(Patient, ReadsAFhirPatient) {
  const auto patient = parse_patient(kPatient);
  ASSERT_TRUE(patient);
  EXPECT_EQ(patient->identifier_system, "urn:oid:1.2.36.146.595.217.0.1");
  EXPECT_EQ(patient->identifier_value, "12345");
  EXPECT_EQ(patient->family, "Chalmers");
  EXPECT_EQ(patient->given, "Peter James");
  EXPECT_EQ(patient->birth_date, "1974-12-25");
  EXPECT_EQ(patient->gender, "male");
  EXPECT_EQ(display_name(*patient), "Peter James Chalmers");
  EXPECT_EQ(write_json(patient->telecom), R"([{"system":"phone","value":"+49 30 123","use":"home"}])");
  EXPECT_EQ(write_json(patient->address),
            R"([{"use":"home","line":["Example Street 5"],"city":"Berlin","postalCode":"10115","country":"DE"}])");
}

TEST(Patient, IsReadBackFromWhatItWrites) {
  const std::string once = patient_json(parse_patient(kPatient).value());
  EXPECT_EQ(patient_json(parse_patient(once).value()), once);
}

TEST(Patient, RefusesWhatIsNoPatientWithoutQuotingIt) {
  for (const char* text :
       {"", "[]", "{}", R"({"resourceType":"Observation"})", R"({"resourceType":"Patient","name":{"family":"Marker"}})",
        R"({"resourceType":"Patient","name":["Marker"]})", R"({"resourceType":"Patient","birthDate":"Marker"})",
        R"({"resourceType":"Patient","birthDate":"1974-02-30"})", R"({"resourceType":"Patient","gender":"Marker"})",
        R"({"resourceType":"Patient","gender":5})"}) {
    const auto patient = parse_patient(text);
    ASSERT_FALSE(patient) << text;
    EXPECT_EQ(patient.error().code, ErrorCode::kInputRefused);
    EXPECT_EQ(patient.error().message.find("Marker"), std::string::npos);
  }
}

TEST(Patient, WritesOnlyWhatFhirAllows) {
  Patient patient;
  patient.given = " Ann\t\x01 ";
  patient.family = "O'Neill\xff";
  patient.birth_date = "2/23/68";
  patient.gender = "F";
  EXPECT_EQ(patient_json(patient), R"({"resourceType":"Patient","name":[{"family":"O'Neill\ufffd","given":["Ann"]}]})");
}

TEST(Patient, MergeFillsGapsAndNeverMixesNames) {
  Patient known;
  known.family = "Doe";
  Patient file;
  file.family = "Roe";
  file.given = "Jane";
  file.birth_date = "1968-02-23";
  const Patient merged = merge(known, file);
  EXPECT_EQ(merged.family, "Doe");
  EXPECT_EQ(merged.given, "");
  EXPECT_EQ(merged.birth_date, "1968-02-23");
  EXPECT_EQ(merge(Patient{}, file).given, "Jane");
}

}  // namespace
}  // namespace glucoledger::fhir
