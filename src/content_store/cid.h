// Content identifiers: the names of blocks in IPFS. Only sha2-256 (32 bytes), and the codecs raw and dag-pb.
//
// Texts: CIDv0 is base58btc of the multihash ("Qm", 46 characters, always dag-pb); CIDv1 is "b" and base32, lower case,
// unpadded (59 characters). Decoders take exactly these; anything else is kInputRefused.
// Source: https://github.com/multiformats/cid. Vectors: tests/vectors/ipfs.json.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace glucoledger::content_store {

using Digest = std::array<std::uint8_t, 32>;
Digest sha2_256(ByteView bytes);

enum class Codec : std::uint8_t { kRaw = 0x55, kDagPb = 0x70 };

struct Cid {
  int version = 0;  // 0 or 1; 0 only with kDagPb
  Codec codec = Codec::kDagPb;
  Digest digest{};

  bool operator==(const Cid&) const = default;
};

std::string encode_cid(const Cid& cid);
Result<Cid> decode_cid(std::string_view text);

// As dag-pb links hold it: the bare multihash for version 0, else version, codec, multihash.
Bytes encode_binary_cid(const Cid& cid);
Result<Cid> decode_binary_cid(ByteView bytes);

}  // namespace glucoledger::content_store
