#include "privacy/strip.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "fhir/codes.h"
#include "fhir/date_time.h"
#include "fhir/parts.h"

namespace glucoledger::privacy {
namespace {

using fhir::coding;
using fhir::concept_of;
using fhir::Json;

constexpr std::size_t kPseudonymTrytes = 64;
constexpr std::size_t kIdentifierLength = 43;  // 32 bytes as base64url

constexpr auto kSurvivors = std::to_array<Survivor>({
    {"resourceType", "`Observation`"},
    {"id", "the first 64 trytes of the message's root (when published)"},
    {"meta.profile", "the profile of the code below, of the HL7 CGM guide"},
    {"identifier.system", "`urn:glucoledger:reading`"},
    {"identifier.value", "an HMAC of the reading's identity, 43 characters of base64url (when published)"},
    {"status", "`final`, `amended`, `corrected`"},
    {"category.coding.system", "`http://terminology.hl7.org/CodeSystem/observation-category`"},
    {"category.coding.code", "`laboratory`"},
    {"code.coding.system", "`http://loinc.org`"},
    {"code.coding.code", "`99504-3`, `105272-9`, `15074-8`"},
    {"subject.extension.url", "`http://hl7.org/fhir/StructureDefinition/data-absent-reason` (without a pseudonym)"},
    {"subject.extension.valueCode", "`masked` (without a pseudonym)"},
    {"subject.identifier.system", "`urn:glucoledger:epoch`"},
    {"subject.identifier.value", "the first 64 trytes of the epoch's first root"},
    {"effectiveDateTime", "an instant: date, time to the millisecond, offset from UTC"},
    {"valueQuantity.value", "a decimal of at most 24 characters, above 0 and up to 1000 mg/dL"},
    {"valueQuantity.comparator", "`<`, `>`"},
    {"valueQuantity.unit", "`mg/dl`, `mmol/l`"},
    {"valueQuantity.system", "`http://unitsofmeasure.org`"},
    {"valueQuantity.code", "`mg/dL`, `mmol/L`"},
    {"dataAbsentReason.coding.system", "`http://terminology.hl7.org/CodeSystem/data-absent-reason`"},
    {"dataAbsentReason.coding.code", "a code of that system; `unknown` for any other text"},
    {"method.coding.system", "`urn:glucoledger:reading-kind`"},
    {"method.coding.code", "`scan`"},
});

Json identifier(std::string_view system, std::string_view value) {
  return Json::object().set("system", system).set("value", value);
}

std::string_view pseudonym_of(const crypto::Hash& root) {
  return root.trytes().substr(0, kPseudonymTrytes);
}

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

Json subject(const std::optional<Pseudonym>& pseudonym) {
  if (pseudonym) {
    return Json::object().set("identifier", identifier(kEpochSystem, pseudonym_of(pseudonym->epoch_root)));
  }
  Json masked = Json::object().set("url", fhir::kDataAbsentExtension).set("valueCode", "masked");
  return Json::object().set("extension", Json::array({std::move(masked)}));
}

// The texts of `original` are only compared with the lists of fhir/codes.h; what is written comes from those lists.
std::vector<fhir::GlucoseCode> listed_codes(const Json& original) {
  std::vector<fhir::GlucoseCode> codes;
  std::copy_if(fhir::kGlucoseCodes.begin(), fhir::kGlucoseCodes.end(), std::back_inserter(codes),
               [&](const fhir::GlucoseCode& code) { return fhir::has_code(original, code.loinc); });
  return codes;
}

Json profiles_of(const std::vector<fhir::GlucoseCode>& codes) {
  Json profiles = Json::array();
  for (const fhir::GlucoseCode& code : codes) {
    if (!code.profile.empty()) profiles.push(Json(code.profile));
  }
  return Json::object().set("profile", std::move(profiles));
}

Json glucose_concept(const std::vector<fhir::GlucoseCode>& codes) {
  Json codings = Json::array();
  for (const fhir::GlucoseCode& code : codes) codings.push(coding(fhir::kLoinc, code.loinc));
  return Json::object().set("coding", std::move(codings));
}

std::string_view listed_status(const Json& original) {
  const auto* status = std::find(fhir::kStatuses.begin(), fhir::kStatuses.end(), original.string_at("status"));
  GL_ASSERT(status != fhir::kStatuses.end());
  return *status;
}

}  // namespace

// The record is read into typed values (fhir::reading_from_json refuses what is not of their form), and a new one is
// written from them: nothing of the original's text is copied.
Result<std::string> strip_observation(std::string_view observation_json, const std::optional<Pseudonym>& pseudonym) {
  GL_TRY(original, fhir::parse_json(observation_json));
  GL_TRY(reading, fhir::reading_from_json(original));

  const std::vector<fhir::GlucoseCode> codes = listed_codes(original);
  Json record = Json::object().set("resourceType", "Observation");
  if (pseudonym && pseudonym->message_root) record.set("id", pseudonym_of(*pseudonym->message_root));
  record.set("meta", profiles_of(codes));
  if (pseudonym && !pseudonym->identifier_hmac.empty()) {
    const std::string& hmac = pseudonym->identifier_hmac;
    GL_ASSERT(hmac.size() == kIdentifierLength && is_base64url(hmac));
    record.set("identifier", Json::array({identifier(fhir::kReadingIdentifierSystem, hmac)}));
  }
  record.set("status", listed_status(original));
  record.set("category", Json::array({concept_of(coding(fhir::kObservationCategory, "laboratory"))}));
  record.set("code", glucose_concept(codes));
  record.set("subject", subject(pseudonym));
  record.set("effectiveDateTime", fhir::date_time(reading.utc_ms, reading.utc_offset_minutes));
  fhir::set_value(record, reading);
  if (reading.kind == cgm::Kind::kScan) {
    record.set("method", concept_of(coding(fhir::kReadingKind, fhir::kScanCode)));
  }
  return fhir::write_json(record);
}

std::string stripped_observation(const cgm::Reading& reading, const fhir::ObservationContext& context,
                                 const Pseudonym& pseudonym) {
  auto stripped = strip_observation(fhir::full_observation(reading, context), pseudonym);
  GL_ASSERT(stripped.has_value());
  return std::move(*stripped);
}

std::span<const Survivor> survivors() {
  return kSurvivors;
}

}  // namespace glucoledger::privacy
