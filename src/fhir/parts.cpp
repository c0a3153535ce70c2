#include "fhir/parts.h"

#include <algorithm>

#include "fhir/codes.h"
#include "fhir/observation.h"

namespace glucoledger::fhir {

Json coding(std::string_view system, std::string_view code, std::string_view display) {
  Json json = Json::object().set("system", system).set("code", code);
  if (!display.empty()) json.set("display", display);
  return json;
}

Json concept_of(Json one_coding) {
  return Json::object().set("coding", Json::array({std::move(one_coding)}));
}

Json quantity_of(std::string_view decimal, cgm::Unit unit, std::string_view comparator) {
  Json quantity = Json::object().set("value", Json::number(number_text(decimal)));
  if (!comparator.empty()) quantity.set("comparator", comparator);
  const UnitCode code = unit_code(unit);
  return std::move(quantity).set("unit", code.text).set("system", kUcum).set("code", code.ucum);
}

void set_value(Json& observation, const cgm::Reading& reading) {
  if (reading.absent_reason) {
    const bool known =
        std::find(kAbsentReasons.begin(), kAbsentReasons.end(), *reading.absent_reason) != kAbsentReasons.end();
    observation.set(
        "dataAbsentReason",
        concept_of(coding(kDataAbsentReason, known ? std::string_view(*reading.absent_reason) : "unknown")));
    return;
  }
  const std::string_view comparator = reading.comparator == cgm::Comparator::kBelow   ? "<"
                                      : reading.comparator == cgm::Comparator::kAbove ? ">"
                                                                                      : "";
  observation.set("valueQuantity", quantity_of(reading.value, reading.unit, comparator));
}

}  // namespace glucoledger::fhir
