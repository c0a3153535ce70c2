// For tests and fuzzing of strip.cpp: a second opinion on what a stripped record may hold, made without its code.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <string>

#include "fhir/json.h"
#include "privacy/strip.h"

namespace glucoledger::privacy {

// The path of the first leaf of a stripped record that is not on the list, or whose value has not its form; else "".
inline std::string unlisted_leaf(const fhir::Json& json, const std::string& path = {}) {
  static const std::map<std::string, std::regex> kForms{
      {"resourceType", std::regex("Observation")},
      {"id", std::regex("[9A-Z]{64}")},
      {"meta.profile", std::regex("http://hl7\\.org/fhir/uv/cgm/StructureDefinition/"
                                  "cgm-sensor-reading-(mass|moles)-per-volume")},
      {"identifier.system", std::regex("urn:glucoledger:reading")},
      {"identifier.value", std::regex("[A-Za-z0-9_-]{43}")},
      {"status", std::regex("final|amended|corrected")},
      {"category.coding.system", std::regex("http://terminology\\.hl7\\.org/CodeSystem/observation-category")},
      {"category.coding.code", std::regex("laboratory")},
      {"code.coding.system", std::regex("http://loinc\\.org")},
      {"code.coding.code", std::regex("99504-3|105272-9|15074-8")},
      {"subject.extension.url", std::regex("http://hl7\\.org/fhir/StructureDefinition/data-absent-reason")},
      {"subject.extension.valueCode", std::regex("masked")},
      {"subject.identifier.system", std::regex("urn:glucoledger:epoch")},
      {"subject.identifier.value", std::regex("[9A-Z]{64}")},
      {"effectiveDateTime", std::regex("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{3})?(Z|[+-]\\d{2}:\\d{2})")},
      {"valueQuantity.value", std::regex("\\d{1,4}(\\.\\d{1,22})?")},
      {"valueQuantity.comparator", std::regex("[<>]")},
      {"valueQuantity.unit", std::regex("mg/dl|mmol/l")},
      {"valueQuantity.system", std::regex("http://unitsofmeasure\\.org")},
      {"valueQuantity.code", std::regex("mg/dL|mmol/L")},
      {"dataAbsentReason.coding.system", std::regex("http://terminology\\.hl7\\.org/CodeSystem/data-absent-reason")},
      {"dataAbsentReason.coding.code", std::regex("[a-z]+(-[a-z]+)*")},
      {"method.coding.system", std::regex("urn:glucoledger:reading-kind")},
      {"method.coding.code", std::regex("scan")},
  };
  if (json.is_array() || json.is_object()) {
    for (std::size_t i = 0; i < json.items().size(); ++i) {
      const std::string step = json.is_array() ? "" : (path.empty() ? "" : ".") + json.keys()[i];
      std::string found = unlisted_leaf(json.items()[i], path + step);
      if (!found.empty()) return found;
    }
    return {};
  }
  const auto form = kForms.find(path);
  const auto listed = survivors();
  const bool on_list =
      std::any_of(listed.begin(), listed.end(), [&](const Survivor& survivor) { return survivor.path == path; });
  return on_list && form != kForms.end() && std::regex_match(json.text(), form->second) ? std::string() : path;
}

}  // namespace glucoledger::privacy
