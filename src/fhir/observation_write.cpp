#include <algorithm>

#include "base/result.h"
#include "cgm/glucose.h"
#include "fhir/codes.h"
#include "fhir/date_time.h"
#include "fhir/observation.h"
#include "fhir/parts.h"
#include "fhir/text.h"

namespace glucoledger::fhir {
namespace {

constexpr std::string_view kPatientReference = "#patient";
constexpr std::string_view kDeviceReference = "#device";
constexpr std::string_view kNoPerformer = "The wearer of the sensor";

// What the record says, in the words of a person.
std::string value_text(const cgm::Reading& reading) {
  if (reading.absent_reason) return "no value (" + clean_text(*reading.absent_reason) + ")";
  const char* relation = reading.comparator == cgm::Comparator::kBelow   ? "below "
                         : reading.comparator == cgm::Comparator::kAbove ? "above "
                                                                         : "";
  return relation + reading.value + " " + std::string(unit_code(reading.unit).ucum);
}

std::string wearer_text(const Patient& patient) {
  std::string text = display_name(patient);
  if (!patient.birth_date.empty()) text += (text.empty() ? "born " : ", born ") + clean_text(patient.birth_date);
  return text;
}

Json narrative(const cgm::Reading& reading, const ObservationContext& context, std::string_view when) {
  std::string div =
      "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>Glucose</b>: " + xhtml_escape(value_text(reading)) +
      "</p><p><b>Time</b>: " + std::string(when) + "</p>";
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) div += "<p><b>" + std::string(label) + "</b>: " + xhtml_escape(text) + "</p>";
  };
  if (context.patient) line("Patient", wearer_text(*context.patient));
  line("Device", clean_text(reading.device_model));
  return Json::object().set("status", "generated").set("div", div + "</div>");
}

Json device_resource(const cgm::Reading& reading) {
  const std::string model = clean_text(reading.device_model);
  const std::string serial = clean_text(reading.device_serial);
  if (model.empty() && serial.empty()) return Json::object();
  Json json = Json::object().set("resourceType", "Device").set("id", "device");
  if (!serial.empty()) {
    json.set("identifier", Json::array({Json::object().set("value", serial)})).set("serialNumber", serial);
  }
  if (!model.empty()) {
    json.set("deviceName", Json::array({Json::object().set("name", model).set("type", "user-friendly-name")}));
  }
  return json;
}

Json contained_patient(const Patient& patient) {
  Json json = Json::object().set("resourceType", "Patient").set("id", "patient");
  const Json resource = patient_resource(patient);
  for (std::size_t i = 1; i < resource.keys().size(); ++i) json.set(resource.keys()[i], resource.items()[i]);
  return json;
}

Json reference_to(std::string_view reference, Json identifier, std::string display) {
  Json json = Json::object().set("reference", reference).set("identifier", std::move(identifier));
  if (!display.empty()) json.set("display", std::move(display));
  return json;
}

Json subject(const ObservationContext& context) {
  if (context.patient) {
    return reference_to(kPatientReference, patient_identifier(*context.patient), display_name(*context.patient));
  }
  Json reason = Json::object().set("url", kDataAbsentExtension).set("valueCode", "unknown");
  return Json::object().set("extension", Json::array({std::move(reason)}));
}

Json performer(const ObservationContext& context) {
  if (std::string name = clean_text(context.performer); !name.empty()) return Json::object().set("display", name);
  if (!context.patient) return Json::object().set("display", kNoPerformer);
  return reference_to(kPatientReference, Json::object(), display_name(*context.patient));
}

Json code_concept(cgm::Unit unit, bool paper_record) {
  Json codings = Json::array();
  for (const GlucoseCode& code : kGlucoseCodes) {
    if (code.unit != unit || (code.profile.empty() && !paper_record)) continue;
    codings.push(coding(kLoinc, code.loinc, code.display));
  }
  return Json::object().set("coding", std::move(codings));
}

std::string_view profile_of(cgm::Unit unit) {
  return std::find_if(kGlucoseCodes.begin(), kGlucoseCodes.end(),
                      [&](const GlucoseCode& code) { return code.unit == unit && !code.profile.empty(); })
      ->profile;
}

// The consensus target range (cgm/glucose.h), which HL7's example of a glucose Observation, and so the paper's, tells.
Json target_range() {
  Json range = Json::object().set("low", quantity_of("3.9", cgm::Unit::kMmolL));
  range.set("high", quantity_of("10.0", cgm::Unit::kMmolL)).set("type", Json::object().set("text", "Target range"));
  return Json::array({std::move(range)});
}

// A paper record is in mmol/L; what the device showed goes into a note.
cgm::Reading in_mmol_l(const cgm::Reading& reading) {
  cgm::Reading converted = reading;
  converted.unit = cgm::Unit::kMmolL;
  if (!reading.absent_reason) converted.value = cgm::converted_text(reading.value, reading.unit, cgm::Unit::kMmolL);
  return converted;
}

}  // namespace

std::string number_text(std::string_view decimal) {
  GL_ASSERT(cgm::parse_decimal(decimal).has_value());
  while (decimal.size() > 1 && decimal[0] == '0' && decimal[1] != '.') decimal.remove_prefix(1);
  return std::string(decimal);
}

std::string full_observation(const cgm::Reading& original, const ObservationContext& context) {
  const cgm::Reading reading = context.paper_record ? in_mmol_l(original) : original;
  const std::string when = date_time(reading.utc_ms, reading.utc_offset_minutes);
  const Json device = device_resource(reading);
  Json contained = Json::array();
  if (context.patient) contained.push(contained_patient(*context.patient));
  if (!device.empty()) contained.push(device);

  Json observation = Json::object().set("resourceType", "Observation");
  observation.set("meta", Json::object().set("profile", Json::array({Json(profile_of(reading.unit))})));
  observation.set("text", narrative(reading, context, when)).set("contained", std::move(contained));
  if (const std::string identity = clean_text(reading.identity); !identity.empty()) {
    Json identifier = Json::object().set("system", kReadingIdentifierSystem).set("value", identity);
    observation.set("identifier", Json::array({std::move(identifier)}));
  }
  observation.set("status", "final");
  observation.set("category", Json::array({concept_of(coding(kObservationCategory, "laboratory", "Laboratory"))}));
  observation.set("code", code_concept(reading.unit, context.paper_record));
  observation.set("subject", subject(context)).set("effectiveDateTime", when);
  observation.set("performer", Json::array({performer(context)}));
  set_value(observation, reading);
  if (original.unit != reading.unit && !original.absent_reason) {
    observation.set("note", Json::array({Json::object().set("text", "The device showed " + value_text(original))}));
  }
  if (reading.kind == cgm::Kind::kScan) observation.set("method", concept_of(coding(kReadingKind, kScanCode)));
  if (!device.empty()) {
    observation.set("device", reference_to(kDeviceReference, Json::object(), clean_text(reading.device_model)));
  }
  if (context.paper_record) observation.set("referenceRange", target_range());
  return write_json(observation);
}

}  // namespace glucoledger::fhir
