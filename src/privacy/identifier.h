// The identifier of a published record: by it readers drop what reaches them twice, and nobody else learns anything.
#pragma once

#include <string>

#include "base/secret.h"
#include "cgm/reading.h"

namespace glucoledger::privacy {

// HMAC-SHA-256 of the reading's identity under a key of the home (32 bytes, asserted), as base64url: 43 characters.
std::string reading_identifier(const SecretBytes& home_hmac_key, const cgm::Reading& reading);

}  // namespace glucoledger::privacy
