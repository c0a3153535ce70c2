// What lets someone read one epoch: its MAM channel's first root and side key and, in design B, the file's secret.
// Travels in notes and, for the newest epoch, in the URI; never openly.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/trytes.h"

namespace glucoledger::keys {

enum class Design { kTangle, kTangleIpfs };
std::string_view name_of(Design design);  // "tangle", "tangle-ipfs"
Result<Design> design_named(std::string_view name);

struct EpochRelease {
  Design design = Design::kTangle;
  crypto::Hash root;
  SecretBytes side_key;   // 81 trytes
  std::string first_day;  // local dates "2015-06-06" of the readings inside
  std::string last_day;
  std::optional<SecretBytes> file_secret;  // 32 bytes, exactly in design B
};

// As a CBOR map (docs/formats/note.md). Decoding checks every field.
nlohmann::json encode_release(const EpochRelease& release);
Result<EpochRelease> decode_release(const nlohmann::json& encoded);

// Fields of decoded CBOR, checked: kCorrupt when absent or of another shape.
Result<Bytes> binary_field(const nlohmann::json& object, const char* name, std::size_t size);
// The field "d": 0 tangle, 1 tangle-ipfs; another number is kNewerFormat.
unsigned encode_design(Design design);
Result<Design> decode_design(const nlohmann::json& object);
// CBOR of outside, bounded in depth; nothing may follow it.
Result<nlohmann::json> decode_cbor(ByteView bytes);

}  // namespace glucoledger::keys
