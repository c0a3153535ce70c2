#include "base/random.h"

#include <sodium.h>

namespace glucoledger::base {
namespace {

void require_sodium() {
  static const int kReady = sodium_init();
  GL_ASSERT(kReady >= 0);
}

}  // namespace

Bytes random_bytes(std::size_t size) {
  require_sodium();
  Bytes bytes(size);
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

SecretBytes random_secret(std::size_t size) {
  return SecretBytes(random_bytes(size));
}

std::uint32_t random_below(std::uint32_t bound) {
  require_sodium();
  return randombytes_uniform(bound);
}

}  // namespace glucoledger::base
