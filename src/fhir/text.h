// Text from files made fit for FHIR: no control characters, no blanks at the ends, no bytes that are not UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"

namespace glucoledger::fhir {

// FHIR strings and XHTML hold no control characters, nor U+FFFE and U+FFFF: each becomes a blank. At most
// `length_max` bytes are kept, cut between characters. Invalid UTF-8 becomes U+FFFD.
std::string clean_text(std::string_view text, std::size_t length_max = base::limits::kFhirTextSizeMax);
// For element content and attribute values of XHTML.
std::string xhtml_escape(std::string_view text);

}  // namespace glucoledger::fhir
