// What design A publishes: an Observation with everything gone that could tell whose it is.
//
// By allow-list, and each value that survives is checked itself: codes against a list, numbers and instants against
// their strict format, names of systems by being written anew. What is not on the list is gone without a look:
// narrative, names, notes, devices, performers, extensions, contained resources. The list:
// docs/formats/stripped-record.md. Sizes: about 850 bytes for a paper record, about 800 for others. Valid FHIR R4 and
// HL7 CGM: tests/interop/validate-fhir.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/trytes.h"
#include "fhir/observation.h"

namespace glucoledger::privacy {

inline constexpr std::string_view kEpochSystem = "urn:glucoledger:epoch";

struct Pseudonym {
  std::optional<crypto::Hash> message_root;  // its first 64 trytes are the record's id; none: no id
  crypto::Hash epoch_root;                   // its first 64 trytes are the subject's identifier
  std::string identifier_hmac;               // reading_identifier() (privacy/identifier.h); empty: no identifier
};

// Without a pseudonym the subject is marked data-absent (masked). kInputRefused for what is no final Observation of a
// glucose reading; the words of the error hold nothing of the record. Result: compact ASCII JSON.
Result<std::string> strip_observation(std::string_view observation_json, const std::optional<Pseudonym>& pseudonym);
// As strip_observation(full_observation(...)).
std::string stripped_observation(const cgm::Reading& reading, const fhir::ObservationContext& context,
                                 const Pseudonym& pseudonym);

// What may survive: the element's path ("valueQuantity.value") and the values it may have, in words. The table of
// docs/formats/stripped-record.md, which a test compares with this list and this list with the code.
struct Survivor {
  std::string_view path;
  std::string_view values;
};
std::span<const Survivor> survivors();

}  // namespace glucoledger::privacy
