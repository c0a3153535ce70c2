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

namespace glucoledger::keys {

struct Locator {
  enum class Kind { kLedger, kStore, kHome };  // kHome: a folder with both, under their default names
  Kind kind = Kind::kLedger;
  std::string where;  // a URL or an absolute folder
};

struct Invitation {
  std::string network_id;  // LedgerInfo::network_id, hex
  std::vector<Locator> locators;
  Thread thread;
  PublicKey patient_key{};
  Design design = Design::kTangle;
  std::optional<EpochRelease> newest_epoch;
};

// kUsage when locators are too many or too long to fit.
Result<SecretBytes> encode_uri(const Invitation& invitation);
// Surrounding white space is allowed. kInputRefused: not a URI of ours, cut off or mistyped; kNewerFormat.
Result<Invitation> decode_uri(std::string_view text);

}  // namespace glucoledger::keys
