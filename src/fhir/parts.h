// The parts of which full and stripped Observations are made alike.
#pragma once

#include <string_view>

#include "cgm/reading.h"
#include "fhir/json.h"

namespace glucoledger::fhir {

Json coding(std::string_view system, std::string_view code, std::string_view display = {});
Json concept_of(Json one_coding);  // a CodeableConcept
// `decimal` keeps its digits (number_text); its unit as the CGM profiles write it (codes.h).
Json quantity_of(std::string_view decimal, cgm::Unit unit, std::string_view comparator = {});
// The reading's valueQuantity, or the dataAbsentReason that it has instead; a reason that HL7 does not know is
// "unknown".
void set_value(Json& observation, const cgm::Reading& reading);

}  // namespace glucoledger::fhir
