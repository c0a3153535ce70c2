#include <algorithm>

#include "base/limits.h"
#include "cgm/glucose.h"
#include "fhir/codes.h"
#include "fhir/date_time.h"
#include "fhir/observation.h"
#include "fhir/text.h"

namespace glucoledger::fhir {
namespace {

auto refused(std::string_view reason) {
  return fail(ErrorCode::kInputRefused, std::string(reason));
}

bool one_of(std::string_view text, const auto& values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

// The unit that all known codes of the record agree on.
std::optional<cgm::Unit> unit_of_codes(const Json& observation) {
  std::optional<cgm::Unit> unit;
  for (const GlucoseCode& known : kGlucoseCodes) {
    if (!has_code(observation, known.loinc)) continue;
    if (unit && *unit != known.unit) return std::nullopt;
    unit = known.unit;
  }
  return unit;
}

Result<void> read_quantity(const Json& quantity, cgm::Reading& reading) {
  if (quantity.string_at("system") != kUcum || quantity.string_at("code") != unit_code(reading.unit).ucum) {
    return refused("the value's unit is not that of the record's code");
  }
  const Json* value = quantity.find("value");
  if (value == nullptr || value->kind() != Json::Kind::kNumber) {
    return refused("the record's value is no glucose number");
  }
  const auto number = cgm::parse_decimal(value->text());
  if (!number || *number <= 0 || cgm::to_mg_dl(*number, reading.unit) > base::limits::kGlucoseMaxMgDl) {
    return refused("the record's value is no glucose number");
  }
  reading.value = value->text();
  if (const Json* comparator = quantity.find("comparator")) {
    if (comparator->text() != "<" && comparator->text() != ">") return refused("a comparator that no sensor gives");
    reading.comparator = comparator->text() == "<" ? cgm::Comparator::kBelow : cgm::Comparator::kAbove;
  }
  return {};
}

// A reason of HL7's list; "unknown" for any other.
std::string absent_reason(const Json& reason) {
  for (const Json& coding : reason.array_at("coding")) {
    const std::string_view code = coding.string_at("code");
    if (coding.string_at("system") == kDataAbsentReason && one_of(code, kAbsentReasons)) return std::string(code);
  }
  return "unknown";
}

void read_device(const Json& observation, cgm::Reading& reading) {
  if (const Json* device = observation.find("device")) reading.device_model = clean_text(device->string_at("display"));
  for (const Json& resource : observation.array_at("contained")) {
    if (resource.string_at("resourceType") == "Device") {
      reading.device_serial = clean_text(resource.string_at("serialNumber"));
    }
  }
}

cgm::Kind kind_of(const Json& observation) {
  const Json* method = observation.find("method");
  if (method == nullptr) return cgm::Kind::kSensor;
  const auto& codings = method->array_at("coding");
  const bool scan = std::any_of(codings.begin(), codings.end(), [](const Json& coding) {
    return coding.string_at("system") == kReadingKind && coding.string_at("code") == kScanCode;
  });
  return scan ? cgm::Kind::kScan : cgm::Kind::kSensor;
}

// The identifier that we gave, else the first; empty where there is none.
std::string identifier_value(const Json& observation) {
  const auto& identifiers = observation.array_at("identifier");
  const auto ours = std::find_if(identifiers.begin(), identifiers.end(), [](const Json& identifier) {
    return identifier.string_at("system") == kReadingIdentifierSystem;
  });
  if (identifiers.empty()) return {};
  return clean_text((ours == identifiers.end() ? identifiers.front() : *ours).string_at("value"),
                    base::limits::kFhirTextSizeMax);
}

}  // namespace

bool has_code(const Json& observation, std::string_view loinc) {
  const Json* code = observation.find("code");
  if (code == nullptr) return false;
  const auto& codings = code->array_at("coding");
  return std::any_of(codings.begin(), codings.end(), [&](const Json& coding) {
    return coding.string_at("system") == kLoinc && coding.string_at("code") == loinc;
  });
}

Result<cgm::Reading> reading_from_json(const Json& observation) {
  if (observation.string_at("resourceType") != "Observation") return refused("not a FHIR Observation");
  if (!one_of(observation.string_at("status"), kStatuses)) return refused("the Observation's status is not final");
  const auto unit = unit_of_codes(observation);
  if (!unit) return refused("the Observation's code is not one of sensor glucose (LOINC 99504-3, 105272-9, 15074-8)");
  const auto instant = parse_date_time(observation.string_at("effectiveDateTime"));
  if (!instant) return refused("the Observation's effectiveDateTime is not an instant with its offset");

  cgm::Reading reading;
  reading.utc_ms = instant->utc_ms;
  reading.utc_offset_minutes = instant->utc_offset_minutes;
  reading.unit = *unit;
  const Json* quantity = observation.find("valueQuantity");
  const Json* reason = observation.find("dataAbsentReason");
  if ((quantity == nullptr) == (reason == nullptr)) {
    return refused("the Observation needs a valueQuantity or a dataAbsentReason, not both");
  }
  if (quantity != nullptr) {
    GL_CHECK(read_quantity(*quantity, reading));
  } else {
    reading.absent_reason = absent_reason(*reason);
  }
  reading.kind = kind_of(observation);
  reading.identity = identifier_value(observation);
  read_device(observation, reading);
  return reading;
}

Result<cgm::Reading> reading_from_observation(std::string_view json) {
  GL_TRY(observation, parse_json(json));
  return reading_from_json(observation);
}

}  // namespace glucoledger::fhir
