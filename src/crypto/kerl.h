// Kerl: Keccak-384 over 242-trit blocks, IOTA's hash for bundles and wallet addresses.
//
// Source: @iota/kerl; https://github.com/iotaledger/kerl/blob/master/IOTA-Kerl-spec.md. Vectors: tests/vectors.
#pragma once

#include "crypto/trytes.h"

namespace glucoledger::crypto {

class Kerl {
 public:
  Kerl();
  ~Kerl();
  Kerl(const Kerl&) = delete;
  Kerl& operator=(const Kerl&) = delete;
  // Length a multiple of 243 (asserted). The 243rd trit of each block is taken as 0, as the clients do.
  void absorb(TritView trits);
  void squeeze(std::span<Trit> out);  // length a multiple of 243 (asserted)

 private:
  struct State;
  State* state_;
};

Hash kerl_hash(TritView input);

}  // namespace glucoledger::crypto
