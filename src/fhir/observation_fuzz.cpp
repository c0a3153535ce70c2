// Records and patients come from ledgers, stores and files: reading them must not fail in any other way than refusing.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "fhir/observation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  const auto text = base::as_text({data, size});
  if (const auto json = fhir::parse_json(text)) GL_ASSERT(fhir::parse_json(fhir::write_json(*json)).has_value());
  if (const auto reading = fhir::reading_from_observation(text)) {
    const auto again = fhir::reading_from_observation(fhir::full_observation(*reading, {}));
    GL_ASSERT(again && again->utc_ms == reading->utc_ms && again->value == reading->value);
  }
  if (const auto patient = fhir::parse_patient(text)) GL_ASSERT(fhir::parse_patient(fhir::patient_json(*patient)));
  return 0;
}
