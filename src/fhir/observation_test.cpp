#include "fhir/observation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/codes.h"

namespace glucoledger::fhir {
namespace {

cgm::Reading reading_of(const char* value, cgm::Unit unit = cgm::Unit::kMgDl) {
  cgm::Reading reading;
  reading.utc_ms = 1556692200000;
  reading.utc_offset_minutes = 120;
  reading.value = value;
  reading.unit = unit;
  reading.device_model = "Dexcom G4 PLATINUM";
  reading.device_serial = "SM12345678";
  reading.identity = "SM12345678/123456789";
  return reading;
}

ObservationContext context_of_john() {
  ObservationContext context;
  context.patient = Patient{"urn:oid:1.2.36.146.595.217.0.1", "123456", "Doe", "John", "1932-09-24", "male", {}, {}};
  return context;
}

Json parsed(const std::string& text) {
  return parse_json(text).value();
}

// The HL7 CGM guide's own example (CC0), as its authors wrote it.
constexpr const char* kGuideExample = R"({"resourceType":"Observation","id":"cgmSensorReadingMolesPerVolumeExample",
  "category":[{"coding":[{"code":"laboratory","system":"http://terminology.hl7.org/CodeSystem/observation-category"}]}],
  "valueQuantity":{"code":"mmol/L","system":"http://unitsofmeasure.org","unit":"mmol/l","value":6.70},
  "code":{"coding":[{"code":"105272-9","system":"http://loinc.org"}]},"status":"final",
  "subject":{"reference":"Patient/patientExample"},"effectiveDateTime":"2024-05-02T10:30:00Z"})";

TEST(Observation, UsesTheCodeOfTheReadingsOwnUnit) {
  const Json mass = parsed(full_observation(reading_of("153"), context_of_john()));
  EXPECT_EQ(write_json(*mass.find("valueQuantity")),
            R"({"value":153,"unit":"mg/dl","system":"http://unitsofmeasure.org","code":"mg/dL"})");
  EXPECT_TRUE(has_code(mass, "99504-3"));
  EXPECT_FALSE(has_code(mass, "105272-9"));
  const Json moles = parsed(full_observation(reading_of("8.10", cgm::Unit::kMmolL), context_of_john()));
  EXPECT_EQ(write_json(*moles.find("valueQuantity")),
            R"({"value":8.10,"unit":"mmol/l","system":"http://unitsofmeasure.org","code":"mmol/L"})");
  EXPECT_TRUE(has_code(moles, "105272-9"));
  EXPECT_FALSE(has_code(moles, "15074-8"));
}

TEST(Observation, CarriesPatientDevicePerformerAndNarrative) {
  const Json json = parsed(full_observation(reading_of("153"), context_of_john()));
  EXPECT_EQ(json.string_at("effectiveDateTime"), "2019-05-01T08:30:00+02:00");
  EXPECT_EQ(json.find("subject")->string_at("display"), "John Doe");
  EXPECT_EQ(json.find("subject")->string_at("reference"), "#patient");
  EXPECT_EQ(json.array_at("performer").at(0).string_at("reference"), "#patient");
  EXPECT_EQ(json.find("device")->string_at("display"), "Dexcom G4 PLATINUM");
  EXPECT_EQ(json.array_at("contained").at(0).string_at("birthDate"), "1932-09-24");
  EXPECT_EQ(json.array_at("contained").at(1).string_at("serialNumber"), "SM12345678");
  EXPECT_NE(json.find("text")->string_at("div").find("<b>Glucose</b>: 153 mg/dL"), std::string_view::npos);
}

TEST(Observation, EscapesTextsAndStaysAscii) {
  ObservationContext context = context_of_john();
  context.patient->family = "M\xc3\xbcller <b> & \"Co\"";
  cgm::Reading reading = reading_of("153");
  reading.device_model = "G4\x01<script>";
  const std::string text = full_observation(reading, context);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  const Json json = parsed(text);
  EXPECT_EQ(json.find("subject")->string_at("display"), "John M\xc3\xbcller <b> & \"Co\"");
  EXPECT_EQ(json.find("device")->string_at("display"), "G4 <script>");
  const std::string_view div = json.find("text")->string_at("div");
  EXPECT_NE(div.find("John M\xc3\xbcller &lt;b&gt; &amp; &quot;Co&quot;"), std::string_view::npos) << div;
  EXPECT_NE(div.find("G4 &lt;script&gt;"), std::string_view::npos) << div;
}

TEST(Observation, HighLowAndErrorsAreNeverNumbersThatWereNotMeasured) {
  cgm::Reading high = reading_of("400");
  high.comparator = cgm::Comparator::kAbove;
  EXPECT_EQ(parsed(full_observation(high, {})).find("valueQuantity")->string_at("comparator"), ">");
  cgm::Reading low = reading_of("40");
  low.comparator = cgm::Comparator::kBelow;
  EXPECT_EQ(parsed(full_observation(low, {})).find("valueQuantity")->string_at("comparator"), "<");
  cgm::Reading broken = reading_of("");
  broken.absent_reason = "error";
  const Json json = parsed(full_observation(broken, {}));
  EXPECT_EQ(json.find("valueQuantity"), nullptr);
  EXPECT_EQ(json.find("dataAbsentReason")->array_at("coding").at(0).string_at("code"), "error");
}

TEST(Observation, WithoutAPatientTheSubjectIsMarkedAbsent) {
  const Json json = parsed(full_observation(reading_of("153"), {}));
  EXPECT_EQ(json.find("subject")->array_at("extension").at(0).string_at("valueCode"), "unknown");
  EXPECT_FALSE(json.array_at("performer").empty());
}

TEST(Observation, PaperRecordHasThePapersCodeUnitAndSize) {
  ObservationContext context = context_of_john();
  context.patient->identifier_value.clear();  // a Clarity file tells name and date of birth
  context.patient->gender.clear();
  context.paper_record = true;
  const Json json = parsed(full_observation(reading_of("153"), context));
  EXPECT_TRUE(has_code(json, "15074-8"));
  EXPECT_TRUE(has_code(json, "105272-9"));
  EXPECT_FALSE(has_code(json, "99504-3"));
  EXPECT_EQ(json.find("valueQuantity")->find("value")->text(), "8.5");
  EXPECT_EQ(json.find("valueQuantity")->string_at("code"), "mmol/L");
  EXPECT_NEAR(static_cast<double>(write_json(json, true).size()), 2509, 100);
}

TEST(Observation, IsReadBack) {
  cgm::Reading reading = reading_of("8.10", cgm::Unit::kMmolL);
  reading.comparator = cgm::Comparator::kAbove;
  reading.kind = cgm::Kind::kScan;
  const auto read = reading_from_observation(full_observation(reading, context_of_john()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->utc_ms, reading.utc_ms);
  EXPECT_EQ(read->utc_offset_minutes, 120);
  EXPECT_EQ(read->value, "8.10");
  EXPECT_EQ(read->unit, cgm::Unit::kMmolL);
  EXPECT_EQ(read->comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(read->kind, cgm::Kind::kScan);
  EXPECT_EQ(read->device_model, "Dexcom G4 PLATINUM");
  EXPECT_EQ(read->device_serial, "SM12345678");
  EXPECT_EQ(read->identity, reading.identity);
}

TEST(Observation, ReadsTheGuidesExample) {
  const auto read = reading_from_observation(kGuideExample);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->value, "6.70");
  EXPECT_EQ(read->unit, cgm::Unit::kMmolL);
  EXPECT_EQ(read->utc_ms, 1714645800000);
  EXPECT_EQ(read->identity, "");
}

TEST(Observation, RefusesWhatIsNoGlucoseReading) {
  const std::string good = kGuideExample;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {with("\"Observation\"", "\"Patient\""), with("\"final\"", "\"entered-in-error\""), with("105272-9", "8867-4"),
        with("105272-9", "99504-3"), with("\"mmol/L\"", "\"mg/dL\""), with("6.70", "-6.70"), with("6.70", "\"6.70\""),
        with("6.70", "1e1"), with("6.70", "0"), with("6.70", "2000"), with("T10:30:00Z", ""),
        with("\"value\":6.70", "\"value\":6.70,\"comparator\":\">=\""),
        with("\"valueQuantity\"", "\"valueQuantities\""),
        with("\"status\"", "\"dataAbsentReason\":{\"text\":\"x\"},\"status\"")}) {
    const auto read = reading_from_observation(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInputRefused);
  }
}

}  // namespace
}  // namespace glucoledger::fhir
