#include "privacy/identifier.h"

#include <sodium.h>

#include <array>

namespace glucoledger::privacy {

std::string reading_identifier(const SecretBytes& home_hmac_key, const cgm::Reading& reading) {
  static_assert(crypto_auth_hmacsha256_KEYBYTES == 32);
  GL_ASSERT(home_hmac_key.size() == crypto_auth_hmacsha256_KEYBYTES);
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> tag{};
  const auto identity = base::as_bytes(reading.identity);
  crypto_auth_hmacsha256(tag.data(), identity.data(), identity.size(), home_hmac_key.data());
  return base::base64url_encode(tag);
}

}  // namespace glucoledger::privacy
