// The state's form of a hash: 5 trits a byte, in the one canonical way. Public data: not for secrets.
#pragma once

#include <array>
#include <compare>
#include <string_view>

#include "crypto/trytes.h"

namespace glucoledger::ledger {

class PackedHash {
 public:
  static constexpr std::size_t kSize = crypto::kPackedHashSize;
  PackedHash();  // of the hash of all 9
  explicit PackedHash(const crypto::Hash& hash);
  static Result<PackedHash> from_bytes(std::string_view bytes);  // kCorrupt for what is no packed hash
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  crypto::Hash unpacked() const;
  bool is_null() const { return *this == PackedHash(); }
  friend auto operator<=>(const PackedHash&, const PackedHash&) = default;

 private:
  std::array<char, kSize> bytes_;
};

}  // namespace glucoledger::ledger
