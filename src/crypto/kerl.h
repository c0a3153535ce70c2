// Kerl: Keccak-384 over 242-trit blocks, IOTA's hash for bundles and wallet addresses.
//
// Source: @iota/kerl; https://github.com/iotaledger/kerl/blob/master/IOTA-Kerl-spec.md. Vectors: tests/vectors.
#pragma once

#include "crypto/trytes.h"

namespace glucoledger::crypto {

// 243 trits as Keccak takes them: to be kept where the same block is absorbed again and again.
class KerlBlock {
 public:
  // The 243rd trit is taken as 0, as the clients do.
  explicit KerlBlock(TritView trits);
  ByteView bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, 48> bytes_;
};

class Kerl {
 public:
  // Length a multiple of 243 (asserted).
  void absorb(TritView trits);
  void absorb(const KerlBlock& block) { absorb_bytes(block.bytes()); }
  void squeeze(std::span<Trit> out);  // length a multiple of 243 (asserted)

 private:
  static constexpr std::size_t kRateBytes = 104;
  void absorb_bytes(ByteView bytes);
  void finish(std::span<std::uint8_t, 48> digest);
  std::array<std::uint64_t, 25> keccak_{};
  std::size_t position_ = 0;  // bytes of the rate taken
};

Hash kerl_hash(TritView input);

}  // namespace glucoledger::crypto
