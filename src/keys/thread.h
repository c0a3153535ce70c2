// A thread: what a patient and one recipient share. From its secret follow the addresses of the notes that go from one
// to the other over the ledger, and the key that seals them. It holds no one-time state: note n has its own address,
// and a home that was restored goes on at the first free one.
//
//   address(n) = Curl-P-81(b1t6(BLAKE2b-512(key = secret,
//                                           "glucoledger/thread/1/address" | direction | n as u64, big-endian)))
//   note key   = BLAKE2b-256(key = secret, "glucoledger/thread/1/note-key" | direction)
//
// docs/formats/note.md fixes the bytes.
#pragma once

#include <cstdint>

#include "base/secret.h"
#include "crypto/trytes.h"

namespace glucoledger::keys {

enum class Direction : std::uint8_t { kPatientToRecipient = 0, kRecipientToPatient = 1 };

class Thread {
 public:
  static constexpr std::size_t kSecretSize = 32;
  static Thread random();
  static Result<Thread> from_secret(SecretBytes secret);  // exactly 32 bytes

  crypto::Hash note_address(Direction direction, std::uint64_t number) const;
  SecretBytes note_key(Direction direction) const;
  const SecretBytes& secret() const { return secret_; }

 private:
  explicit Thread(SecretBytes secret) : secret_(std::move(secret)) {}
  SecretBytes secret_;
};

}  // namespace glucoledger::keys
