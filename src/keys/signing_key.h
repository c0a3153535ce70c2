// The Ed25519 key by which a home signs its notes. Source: libsodium crypto_sign.
#pragma once

#include <array>

#include "base/secret.h"

namespace glucoledger::keys {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
 public:
  static constexpr std::size_t kSeedSize = 32;
  static Result<SigningKey> from_seed(const SecretBytes& seed);  // exactly 32 bytes

  const PublicKey& public_key() const { return public_key_; }
  Signature sign(ByteView message) const;

 private:
  SigningKey() = default;
  SecretBytes secret_;
  PublicKey public_key_{};
};

bool verify(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace glucoledger::keys
