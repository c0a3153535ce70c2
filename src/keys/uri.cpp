#include "keys/uri.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/advice.h"
#include "base/limits.h"

namespace glucoledger::keys {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumSize = 4;
constexpr std::array<const char*, 3> kKindNames = {"ledger", "store", "home"};

std::array<std::uint8_t, crypto_hash_sha256_BYTES> sha256(ByteView bytes) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return digest;
}

nlohmann::json binary(ByteView bytes) {
  return nlohmann::json::binary(Bytes(bytes.begin(), bytes.end()));
}

Result<Place> decode_place(const nlohmann::json& encoded) {
  if (!encoded.is_array() || encoded.size() != 2 || !encoded[0].is_number_unsigned() || !encoded[1].is_string() ||
      encoded[0].get<std::uint64_t>() >= kKindNames.size()) {
    return fail(ErrorCode::kNewerFormat, "the URI names a kind of place that this version does not know");
  }
  const auto kind = static_cast<Place::Kind>(encoded[0].get<int>());
  auto where = locator::Locator::decode(encoded[1].get_ref<const std::string&>());
  if (!where) {
    return fail(where.error().code, "a " + std::string(kKindNames.at(static_cast<std::size_t>(kind))) +
                                        " in the URI cannot be read: " + where.error().message);
  }
  Place place{kind, std::move(*where)};
  if (!is_fit(place)) {
    return fail(ErrorCode::kNewerFormat, "the URI names a kind of place that this version does not know");
  }
  return place;
}

Result<std::vector<Place>> decode_places(const nlohmann::json& body) {
  std::vector<Place> places;
  const auto listed = body.find("l");
  if (listed == body.end() || !listed->is_array() || listed->size() > base::limits::kUriLocatorsMax) {
    return fail(ErrorCode::kCorrupt, "the URI's places are missing or too many");
  }
  for (const auto& encoded : *listed) {
    GL_TRY(place, decode_place(encoded));
    places.push_back(std::move(place));
  }
  return places;
}

Result<Invitation> decode_body(const nlohmann::json& body) {
  GL_TRY(secret, binary_field(body, "t", Thread::kSecretSize));
  GL_TRY(thread, Thread::from_secret(SecretBytes(std::move(secret))));
  Invitation invitation{.network_id = {}, .places = {}, .thread = std::move(thread), .newest_epoch = {}};
  const auto network = body.find("n");
  if (network == body.end() || !network->is_binary() ||
      network->get_binary().size() > base::limits::kNetworkIdSizeMax) {
    return fail(ErrorCode::kCorrupt, "the URI's network is missing");
  }
  invitation.network_id = base::hex_encode(Bytes(network->get_binary().begin(), network->get_binary().end()));
  GL_ASSIGN(invitation.places, decode_places(body));
  GL_TRY(key, binary_field(body, "k", invitation.patient_key.size()));
  std::copy(key.begin(), key.end(), invitation.patient_key.begin());
  GL_ASSIGN(invitation.design, decode_design(body));
  if (const auto epoch = body.find("e"); epoch != body.end()) {
    GL_ASSIGN(invitation.newest_epoch, decode_release(*epoch));
  }
  return invitation;
}

}  // namespace

bool is_fit(const Place& place) {
  switch (place.kind) {
    case Place::Kind::kLedger:
      return place.where.may_be_ledger();
    case Place::Kind::kStore:
      return place.where.may_be_store();
    case Place::Kind::kHome:
      return place.where.is_folder();
  }
  return false;
}

Result<SecretBytes> encode_uri(const Invitation& invitation) {
  if (invitation.places.size() > base::limits::kUriLocatorsMax) {
    return fail(ErrorCode::kUsage, "a URI holds at most 3 places", "name fewer nodes of the ledger");
  }
  GL_TRY(network, base::hex_decode(invitation.network_id));
  nlohmann::json body = {{"n", binary(network)},
                         {"t", binary(invitation.thread.secret().view())},
                         {"k", binary(invitation.patient_key)},
                         {"d", encode_design(invitation.design)},
                         {"l", nlohmann::json::array()}};
  for (const auto& place : invitation.places) {
    if (!locator::Locator::decode(place.where.text())) {
      return fail(ErrorCode::kUsage, "the ledger's or the store's folder has a name that a URI cannot hold",
                  "choose a folder whose name is UTF-8 without control characters");
    }
    body["l"].push_back(nlohmann::json::array({static_cast<unsigned>(place.kind), place.where.text()}));
  }
  if (invitation.newest_epoch) body["e"] = encode_release(*invitation.newest_epoch);

  Bytes bytes{kVersion};
  nlohmann::json::to_cbor(body, bytes);
  const auto checksum = sha256(bytes);
  bytes.insert(bytes.end(), checksum.begin(), checksum.begin() + kChecksumSize);
  std::string text = base::base64url_encode(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  SecretBytes uri(kUriScheme.size() + text.size());
  std::copy(kUriScheme.begin(), kUriScheme.end(), uri.data());
  std::copy(text.begin(), text.end(), uri.data() + kUriScheme.size());
  sodium_memzero(text.data(), text.size());
  if (uri.size() > base::limits::kUriLengthMax) {
    return fail(ErrorCode::kUsage, "the URI would be longer than 600 characters",
                "use shorter folder names or URLs for the ledger and the store");
  }
  return uri;
}

Result<Invitation> decode_uri(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return fail(ErrorCode::kInputRefused, "there is nothing in it");
  text = text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
  if (!text.starts_with(kUriScheme)) {
    return fail(ErrorCode::kInputRefused, "this is no glucoledger: URI", Advice::kGiveWholeInvitation);
  }
  const auto cut = [] {
    return fail(ErrorCode::kInputRefused, "the URI is cut off or mistyped",
                "copy it again, whole, or scan the QR code");
  };
  if (text.size() > base::limits::kUriLengthMax) return cut();
  auto bytes = base::base64url_decode(text.substr(kUriScheme.size()));
  if (!bytes || bytes->size() <= 1 + kChecksumSize) return cut();
  const SecretBytes wiped(std::move(*bytes));
  if (wiped.view().front() > kVersion) {
    return fail(ErrorCode::kNewerFormat,
                "a URI of version " + std::to_string(wiped.view().front()) + "; this program reads version 1",
                "install a newer glucoledger");
  }
  const auto covered = wiped.view().first(wiped.size() - kChecksumSize);
  const auto checksum = sha256(covered);
  if (covered.front() != kVersion ||
      !std::equal(checksum.begin(), checksum.begin() + kChecksumSize, wiped.view().last(kChecksumSize).begin())) {
    return cut();
  }
  GL_TRY(body, decode_cbor(covered.subspan(1)));
  return decode_body(body);
}

}  // namespace glucoledger::keys
