#include "keys/signing_key.h"

#include <sodium.h>

namespace glucoledger::keys {

Result<SigningKey> SigningKey::from_seed(const SecretBytes& seed) {
  if (seed.size() != kSeedSize) return fail(ErrorCode::kInputRefused, "a signing key's seed has 32 bytes");
  SigningKey key;
  key.secret_ = SecretBytes(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(key.public_key_.data(), key.secret_.data(), seed.data());
  return key;
}

Signature SigningKey::sign(ByteView message) const {
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.data());
  return signature;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace glucoledger::keys
