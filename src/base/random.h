// Entropy from the operating system (getrandom through libsodium). Never seeded, never predictable, safe after fork.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

namespace glucoledger::base {

Bytes random_bytes(std::size_t size);
SecretBytes random_secret(std::size_t size);
// Uniform in [0, bound).
std::uint32_t random_below(std::uint32_t bound);

}  // namespace glucoledger::base
