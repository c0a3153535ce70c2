#include "privacy/strip.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <sstream>

#include "fhir/codes.h"
#include "privacy/identifier.h"
#include "privacy/strip_check.h"

namespace glucoledger::privacy {
namespace {

using fhir::Json;

constexpr const char* kEpochRoot = "EPOCHABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTUV";
constexpr const char* kMessageRoot =
    "MESSAGEBCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTU";

Pseudonym pseudonym() {
  Pseudonym pseudonym;
  pseudonym.message_root = crypto::Hash::from_trytes(kMessageRoot).value();
  pseudonym.epoch_root = crypto::Hash::from_trytes(kEpochRoot).value();
  pseudonym.identifier_hmac = "FAKE-hmac_of-43-characters-0123456789abcdef";
  return pseudonym;
}

cgm::Reading sample_reading() {
  cgm::Reading reading;
  reading.utc_ms = 1556692200000;
  reading.utc_offset_minutes = 120;
  reading.value = "153";
  reading.device_model = "Dexcom G4 PLATINUM";
  reading.device_serial = "SM12345678";
  reading.identity = "SM12345678/123456789";
  return reading;
}

fhir::ObservationContext context_of_john() {
  fhir::ObservationContext context;
  context.patient = fhir::Patient{"urn:oid:1.2.36.146", "123456", "Doe", "John", "1932-09-24", "male", {}, {}};
  return context;
}

// Every element that a FHIR R4 Observation may have (https://hl7.org/fhir/R4/observation.html), some of them nested in
// extensions and contained resources. `needed` members are what makes it a glucose reading.
constexpr const char* kEverything = R"({
  "resourceType":"Observation","id":"an-id","implicitRules":"http://e/x","language":"de",
  "meta":{"id":"m","versionId":"1","lastUpdated":"2019-05-01T08:30:00Z","source":"urn:source","profile":["http://e/p"],
    "security":[{"system":"http://e/s","code":"R","display":"d"}],"tag":[{"system":"http://e/t","code":"c","display":"t"}],
    "extension":[{"url":"http://e/1","valueString":"v"}]},
  "text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>n</div>","id":"t"},
  "contained":[{"resourceType":"Patient","id":"patient","name":[{"family":"f","given":["g"],"text":"n"}],
      "birthDate":"1932-09-24","telecom":[{"system":"phone","value":"1"}],"photo":[{"url":"http://e/p","title":"p"}]},
    {"resourceType":"Device","id":"device","serialNumber":"s","deviceName":[{"name":"n","type":"other"}],
      "note":[{"text":"n"}]}],
  "extension":[{"url":"http://e/1","valueString":"v"},
    {"url":"http://e/2","extension":[{"url":"deep","valueHumanName":{"family":"f"}}]}],
  "modifierExtension":[{"url":"http://e/3","valueCode":"c"}],
  "identifier":[{"use":"official","type":{"text":"t","coding":[{"system":"http://e","code":"c","display":"d"}]},
    "system":"urn:glucoledger:reading","value":"v","period":{"start":"2019","end":"2020"},
    "assigner":{"reference":"Organization/1","display":"o"}},{"system":"http://e/i","value":"v2"}],
  "basedOn":[{"reference":"ServiceRequest/1","display":"b"}],"partOf":[{"reference":"Procedure/1","display":"p"}],
  "status":"final","_status":{"id":"s","extension":[{"url":"http://e/4","valueString":"v"}]},
  "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","version":"1",
    "code":"laboratory","display":"d"}],"text":"c"},{"text":"second"}],
  "code":{"id":"c","coding":[{"system":"http://loinc.org","version":"2.73","code":"99504-3","display":"d",
      "extension":[{"url":"http://e/5","valueString":"v"}]},{"system":"http://snomed.info/sct","code":"1","display":"s"}],
    "text":"t"},
  "subject":{"reference":"Patient/p","type":"Patient","identifier":{"system":"http://e/mrn","value":"m"},"display":"d",
    "extension":[{"url":"http://e/6","valueString":"v"}]},
  "focus":[{"reference":"Patient/q","display":"f"}],"encounter":{"reference":"Encounter/1","display":"e"},
  "effectiveDateTime":"2019-05-01T08:30:00+02:00",
  "_effectiveDateTime":{"extension":[{"url":"http://e/7","valueString":"v"}]},
  "issued":"2019-05-01T08:30:00Z","performer":[{"reference":"Practitioner/1","display":"Dr"}],
  "valueQuantity":{"id":"q","value":153,"comparator":">","unit":"mg/dl","system":"http://unitsofmeasure.org",
    "code":"mg/dL","extension":[{"url":"http://e/8","valueString":"v"}]},
  "interpretation":[{"coding":[{"system":"http://e","code":"H","display":"h"}],"text":"i"}],
  "note":[{"authorString":"a","time":"2019","text":"n"},{"authorReference":{"reference":"Patient/1","display":"x"}}],
  "bodySite":{"coding":[{"system":"http://e","code":"b","display":"b"}],"text":"b"},
  "method":{"coding":[{"system":"urn:glucoledger:reading-kind","code":"scan","display":"m"}],"text":"m"},
  "specimen":{"reference":"Specimen/1","display":"s"},"device":{"reference":"Device/1","display":"d",
    "identifier":{"value":"i"}},
  "referenceRange":[{"low":{"value":70,"unit":"u","system":"http://e","code":"c"},"type":{"text":"t"},
    "appliesTo":[{"text":"a"}],"text":"r"}],
  "hasMember":[{"reference":"Observation/1","display":"h"}],"derivedFrom":[{"reference":"Media/1","display":"d"}],
  "component":[{"code":{"text":"c"},"valueString":"v","interpretation":[{"text":"i"}]}],
  "valueString":"v","unknownElement":{"any":["a",{"b":"c"}]}})";

// The elements without which there is no reading: whatever else is in them, the record is refused.
bool is_needed(const std::string& path) {
  return path == "resourceType" || path == "status" || path == "effectiveDateTime" || path == "valueQuantity.code" ||
         path == "valueQuantity.system" || path == "valueQuantity.comparator" || path == "code.coding.system" ||
         path == "code.coding.code";
}

// A copy of `json` in which every string `choose(path)` picks becomes "MARK" and a number of its own.
Json marked(const Json& json, const std::string& path, const std::function<bool(const std::string&)>& choose,
            int& count) {
  if (json.is_string()) return choose(path) ? Json("MARK" + std::to_string(++count)) : json;
  if (json.is_array()) {
    Json copy = Json::array();
    for (const Json& item : json.items()) copy.push(marked(item, path, choose, count));
    return copy;
  }
  if (!json.is_object()) return json;
  Json copy = Json::object();
  for (std::size_t i = 0; i < json.items().size(); ++i) {
    const std::string& key = json.keys()[i];
    copy.set(key, marked(json.items()[i], path.empty() ? key : path + "." + key, choose, count));
  }
  return copy;
}

TEST(Strip, NoMarkSurvivesAnywhere) {
  const Json everything = fhir::parse_json(kEverything).value();
  int count = 0;
  const Json planted = marked(
      everything, "", [](const std::string& path) { return !is_needed(path); }, count);
  EXPECT_GT(count, 100);
  const auto stripped = strip_observation(fhir::write_json(planted), pseudonym());
  ASSERT_TRUE(stripped) << stripped.error().message;
  EXPECT_EQ(stripped->find("MARK"), std::string::npos) << *stripped;
  EXPECT_EQ(unlisted_leaf(fhir::parse_json(*stripped).value()), "");
}

TEST(Strip, AMarkInANeededElementIsRefusedOrGone) {
  const Json everything = fhir::parse_json(kEverything).value();
  int leaves = 0;
  marked(
      everything, "", [](const std::string&) { return true; }, leaves);
  for (int chosen = 0; chosen < leaves; ++chosen) {
    int seen = 0;
    int count = 0;
    const Json planted = marked(
        everything, "", [&](const std::string&) { return seen++ == chosen; }, count);
    ASSERT_EQ(count, 1);
    for (const auto& with : {std::optional<Pseudonym>(pseudonym()), std::optional<Pseudonym>()}) {
      const auto stripped = strip_observation(fhir::write_json(planted), with);
      const std::string outcome = stripped ? *stripped : stripped.error().message + stripped.error().next_step;
      EXPECT_EQ(outcome.find("MARK"), std::string::npos) << outcome;
    }
  }
}

TEST(Strip, MarksHiddenInsideValidLookingValuesDoNotSurvive) {
  const std::string everything = kEverything;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = everything;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto stripped = strip_observation(text, pseudonym());
    return stripped ? *stripped : std::string();
  };
  EXPECT_EQ(with("\"status\":\"final\"", "\"status\":\"final John\""), "");
  EXPECT_EQ(with("+02:00\"", "+02:00 John\""), "");
  EXPECT_EQ(with("\"2019-05-01T08:30:00+02:00\"", "\"2019-05-01T08:30:00.0004711+02:00\"").find("4711"),
            std::string::npos);
  EXPECT_EQ(with("\"value\":153", "\"value\":4915112345678"), "");
  EXPECT_EQ(with("\"value\":153", "\"value\":1.53e2"), "");
  EXPECT_EQ(with("\"value\":153", "\"value\":\"153\""), "");
  EXPECT_EQ(with("\"code\":\"mg/dL\"", "\"code\":\"mg/dL{John}\""), "");
  EXPECT_EQ(with("\"comparator\":\">\"", "\"comparator\":[\"John\"]"), "");
  EXPECT_EQ(with("\"unit\":\"mg/dl\"", "\"unit\":\"John\"").find("John"), std::string::npos);
  EXPECT_EQ(with("\"code\":\"99504-3\"", "\"code\":\"99504-3\",\"John\":\"x\"").find("John"), std::string::npos);
}

TEST(Strip, PropertyOverRandomJson) {
  std::mt19937 random(4711);
  const Json everything = fhir::parse_json(kEverything).value();
  int survived = 0;
  for (int round = 0; round < 1000; ++round) {
    int count = 0;
    const Json planted = marked(
        everything, "", [&](const std::string& path) { return !is_needed(path) || random() % 200 == 0; }, count);
    std::string text = fhir::write_json(planted);
    if (round % 3 == 0) text[random() % text.size()] = static_cast<char>(random() % 96 + 32);
    const auto stripped = strip_observation(text, pseudonym());
    if (!stripped) {
      EXPECT_EQ(stripped.error().message.find("MARK"), std::string::npos);
      continue;
    }
    ++survived;
    ASSERT_EQ(unlisted_leaf(fhir::parse_json(*stripped).value()), "") << *stripped;
  }
  EXPECT_GT(survived, 150);
}

TEST(Strip, WritesTheRecordThatTheDesignDescribes) {
  EXPECT_EQ(
      stripped_observation(sample_reading(), context_of_john(), pseudonym()),
      R"({"resourceType":"Observation","id":"MESSAGEBCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCD",)"
      R"("meta":{"profile":["http://hl7.org/fhir/uv/cgm/StructureDefinition/cgm-sensor-reading-mass-per-volume"]},)"
      R"("identifier":[{"system":"urn:glucoledger:reading","value":"FAKE-hmac_of-43-characters-0123456789abcdef"}],)"
      R"("status":"final","category":[{"coding":[{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],)"
      R"("code":{"coding":[{"system":"http://loinc.org","code":"99504-3"}]},"subject":{"identifier":{"system":)"
      R"("urn:glucoledger:epoch","value":"EPOCHABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDEFGHIJKLMNOPQRSTUVWXYZ9ABCDE"}},)"
      R"("effectiveDateTime":"2019-05-01T08:30:00+02:00","valueQuantity":{"value":153,"unit":"mg/dl",)"
      R"("system":"http://unitsofmeasure.org","code":"mg/dL"}})");
}

TEST(Strip, APaperRecordHasAboutThePapersSize) {
  fhir::ObservationContext context = context_of_john();
  context.paper_record = true;
  const std::string stripped = stripped_observation(sample_reading(), context, pseudonym());
  EXPECT_NEAR(static_cast<double>(stripped.size()), 857, 40);
  const auto read = fhir::reading_from_observation(stripped);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value, "8.5");
  EXPECT_EQ(read->identity, pseudonym().identifier_hmac);
}

TEST(Strip, WithoutAPseudonymTheSubjectIsMasked) {
  const auto stripped = strip_observation(fhir::full_observation(sample_reading(), context_of_john()), std::nullopt);
  const Json record = fhir::parse_json(stripped.value()).value();
  EXPECT_EQ(record.find("id"), nullptr);
  EXPECT_EQ(record.find("identifier"), nullptr);
  EXPECT_EQ(
      fhir::write_json(*record.find("subject")),
      R"({"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]})");
}

TEST(Strip, KeepsComparatorsReasonsAndNumbersAsTheyAre) {
  cgm::Reading reading = sample_reading();
  reading.unit = cgm::Unit::kMmolL;
  reading.value = "22.20";
  reading.comparator = cgm::Comparator::kAbove;
  reading.kind = cgm::Kind::kScan;
  auto read = fhir::reading_from_observation(stripped_observation(reading, {}, pseudonym()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value, "22.20");
  EXPECT_EQ(read->comparator, cgm::Comparator::kAbove);
  EXPECT_EQ(read->kind, cgm::Kind::kScan);
  EXPECT_EQ(read->device_serial, "");
  reading.value.clear();
  reading.comparator = cgm::Comparator::kNone;
  reading.absent_reason = "error";
  read = fhir::reading_from_observation(stripped_observation(reading, {}, pseudonym()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->absent_reason, "error");
}

// docs/formats/stripped-record.md: lines "| `path` | values |".
TEST(Strip, TheDocumentedListIsTheCodesList) {
  std::ifstream file("docs/formats/stripped-record.md");
  ASSERT_TRUE(file) << "run from the project's root";
  std::map<std::string, std::string> documented;
  const std::regex row(R"(^\| `([A-Za-z.]+)` \| (.*) \|$)");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, row)) documented[match[1]] = match[2];
  }
  std::map<std::string, std::string> listed;
  for (const Survivor& survivor : survivors()) listed[std::string(survivor.path)] = survivor.values;
  EXPECT_EQ(documented, listed);
}

// HMAC-SHA-256 by Python: hmac.new(bytes(range(32)), b"SM12345678/123456789", "sha256"), base64url without padding.
TEST(Identifier, IsAnHmacOfTheIdentity) {
  SecretBytes key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key.data()[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(reading_identifier(key, sample_reading()), "M5klvvsfN6P6FbyIC-mFhxlgdzEwQwBHbxE0mWgLJ94");
  cgm::Reading other = sample_reading();
  other.identity += "0";
  EXPECT_NE(reading_identifier(key, other), reading_identifier(key, sample_reading()));
}

}  // namespace
}  // namespace glucoledger::privacy
