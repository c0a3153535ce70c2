// The `glucoledger:` URI (and QR code) that a patient hands over in person: where the ledger is, the thread, the
// patient's signing key and, as in the paper, the newest epoch's root and channel key. At most 600 characters. A
// secret: never logged.
//
// "glucoledger:" base64url( version byte | CBOR map | first 4 bytes of SHA-256 of all before ). docs/formats/uri.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys/epoch_release.h"
#include "keys/signing_key.h"
#include "keys/thread.h"
#include "locator/locator.h"

namespace glucoledger::keys {

inline constexpr std::string_view kUriScheme = "glucoledger:";

struct Place {
  enum class Kind { kLedger, kStore, kHome };  // kHome: a folder with both, as "ledger" and "store"
  Kind kind = Kind::kLedger;
  locator::Locator where;  // a ledger's nodes: one a place
};
// Whether such a locator can be such a place.
bool is_fit(const Place& place);

struct Invitation {
  std::string network_id;  // LedgerInfo::network_id, hex
  std::vector<Place> places;
  Thread thread;
  PublicKey patient_key{};
  Design design = Design::kTangle;
  std::optional<EpochRelease> newest_epoch;
};

// kUsage when places are too many or too long to fit.
Result<SecretBytes> encode_uri(const Invitation& invitation);
// Surrounding white space is allowed. kInputRefused: not a URI of ours, cut off or mistyped, or a place in it is
// no place; kNewerFormat.
Result<Invitation> decode_uri(std::string_view text);

}  // namespace glucoledger::keys
