#include "ledger/packed_hash.h"

#include <algorithm>

#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

constexpr int kZeroTrits = 121;  // five of them
constexpr int kByteMax = 242;
constexpr int kLastByteSpread = 13;  // the last byte holds three trits

}  // namespace

PackedHash::PackedHash() {
  bytes_.fill(static_cast<char>(kZeroTrits));
}

PackedHash::PackedHash(const crypto::Hash& hash) {
  records::pack(hash.trytes(), bytes_);
}

Result<PackedHash> PackedHash::from_bytes(std::string_view bytes) {
  const auto is_trits = [](char c) { return static_cast<std::uint8_t>(c) <= kByteMax; };
  if (bytes.size() != kSize || !std::all_of(bytes.begin(), bytes.end(), is_trits) ||
      std::abs(static_cast<std::uint8_t>(bytes.back()) - kZeroTrits) > kLastByteSpread) {
    return tl::unexpected(records::damaged());
  }
  PackedHash hash;
  std::copy(bytes.begin(), bytes.end(), hash.bytes_.begin());
  return hash;
}

crypto::Hash PackedHash::unpacked() const {
  return *records::unpack_hash(bytes());
}

}  // namespace glucoledger::ledger
