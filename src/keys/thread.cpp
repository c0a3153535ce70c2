#include "keys/thread.h"

#include <sodium.h>

#include "base/random.h"
#include "crypto/curl.h"

namespace glucoledger::keys {
namespace {

SecretBytes derive(const SecretBytes& secret, std::string_view label, ByteView input, std::size_t size) {
  SecretBytes derived(size);
  crypto_generichash_state state;
  crypto_generichash_init(&state, secret.data(), secret.size(), size);
  crypto_generichash_update(&state, base::as_bytes(label).data(), label.size());
  crypto_generichash_update(&state, input.data(), input.size());
  crypto_generichash_final(&state, derived.data(), derived.size());
  sodium_memzero(&state, sizeof state);
  return derived;
}

}  // namespace

Thread Thread::random() {
  return Thread(base::random_secret(kSecretSize));
}

Result<Thread> Thread::from_secret(SecretBytes secret) {
  if (secret.size() != kSecretSize) return fail(ErrorCode::kInputRefused, "a thread's secret has 32 bytes");
  return Thread(std::move(secret));
}

crypto::Hash Thread::note_address(Direction direction, std::uint64_t number) const {
  std::array<std::uint8_t, 9> input{static_cast<std::uint8_t>(direction)};
  for (std::size_t i = 0; i < 8; ++i) input[i + 1] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  const auto digest = derive(secret_, "glucoledger/thread/1/address", input, 64);
  return crypto::curl_hash(crypto::CurlRounds::kP81, crypto::trits_from_trytes(crypto::b1t6_encode(digest.view())));
}

SecretBytes Thread::note_key(Direction direction) const {
  const std::array<std::uint8_t, 1> input{static_cast<std::uint8_t>(direction)};
  return derive(secret_, "glucoledger/thread/1/note-key", input, 32);
}

}  // namespace glucoledger::keys
