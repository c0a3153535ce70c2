#include "keys/uri.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace glucoledger::keys {
namespace {

SecretBytes pattern(std::uint8_t first, std::size_t size) {
  SecretBytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes.data()[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

locator::Locator place(std::string_view text) {
  return locator::Locator::decode(text).value();
}

Invitation sample_invitation() {
  Invitation invitation{.network_id = "00112233445566778899aabbccddeeff",
                        .places = {{Place::Kind::kLedger, place("http://ledger.example:14265")},
                                   {Place::Kind::kStore, place("/srv/glucoledger/store")}},
                        .thread = *Thread::from_secret(pattern(1, Thread::kSecretSize)),
                        .patient_key = SigningKey::from_seed(pattern(100, 32))->public_key(),
                        .design = Design::kTangleIpfs,
                        .newest_epoch = EpochRelease{}};
  auto& epoch = *invitation.newest_epoch;
  epoch.design = Design::kTangleIpfs;
  epoch.root = *crypto::Hash::from_trytes(std::string(80, 'R') + "9");
  epoch.side_key = SecretBytes(base::to_bytes(std::string(81, 'S')));
  epoch.first_day = "2026-01-01";
  epoch.last_day = "2026-03-31";
  epoch.file_secret = pattern(50, 32);
  return invitation;
}

void expect_sample(const Invitation& decoded) {
  const auto sample = sample_invitation();
  EXPECT_EQ(decoded.network_id, sample.network_id);
  ASSERT_EQ(decoded.places.size(), 2u);
  EXPECT_EQ(decoded.places[0].where.text(), "http://ledger.example:14265");
  EXPECT_EQ(decoded.places[1].kind, Place::Kind::kStore);
  EXPECT_EQ(base::hex_encode(decoded.thread.secret().view()), base::hex_encode(sample.thread.secret().view()));
  EXPECT_EQ(decoded.patient_key, sample.patient_key);
  EXPECT_EQ(decoded.design, Design::kTangleIpfs);
  ASSERT_TRUE(decoded.newest_epoch);
  EXPECT_EQ(decoded.newest_epoch->root, sample.newest_epoch->root);
  EXPECT_EQ(decoded.newest_epoch->side_key.text(), std::string(81, 'S'));
  EXPECT_EQ(decoded.newest_epoch->last_day, "2026-03-31");
}

TEST(Uri, CarriesTheInvitation) {
  const auto uri = encode_uri(sample_invitation());
  ASSERT_TRUE(uri);
  EXPECT_LE(uri->size(), 600u);
  EXPECT_TRUE(uri->text().starts_with("glucoledger:"));
  const auto decoded = decode_uri(" " + std::string(uri->text()) + "\r\n");
  ASSERT_TRUE(decoded) << decoded.error().message;
  expect_sample(*decoded);
}

TEST(Uri, TypingErrorsAndCutsAreTold) {
  const auto uri = encode_uri(sample_invitation());
  const std::string text(uri->text());
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto decoded = decode_uri(text.substr(0, length));
    ASSERT_FALSE(decoded) << length;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInputRefused);
    EXPECT_EQ(decoded.error().message.find(text.substr(12, 20)), std::string::npos) << "an error shows the secret";
  }
  for (std::size_t i = 14; i < text.size(); ++i) {  // before: the version
    auto wrong = text;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_uri(wrong)) << i;
  }
  for (const char* other :
       {"", "   ", "https://example.org", "GLUCOLEDGER:AQ", "glucoledger:", "glucoledger:AQ==", "iota:9"}) {
    EXPECT_FALSE(decode_uri(other)) << other;
  }
}

TEST(Uri, ANewerVersionIsNamed) {
  const auto decoded = decode_uri("glucoledger:" + base::base64url_encode(Bytes{2, 0, 0, 0, 0, 0, 0}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kNewerFormat);
}

TEST(Uri, HasRoomForThreePlacesAndNoMore) {
  auto invitation = sample_invitation();
  invitation.places.assign(4, {Place::Kind::kLedger, place("http://a")});
  EXPECT_EQ(encode_uri(invitation).error().code, ErrorCode::kUsage);
  invitation.places.assign(3, {Place::Kind::kLedger, place("/" + std::string(200, 'x'))});
  EXPECT_EQ(encode_uri(invitation).error().code, ErrorCode::kUsage);
  invitation.places.assign(3, {Place::Kind::kLedger, place("http://node-1.example.org:14265")});
  EXPECT_TRUE(encode_uri(invitation));
}

// A URI whose first place is written by hand, with a right checksum.
std::string uri_with_place(int kind, const std::string& where) {
  const auto uri = encode_uri(sample_invitation());
  auto bytes = base::base64url_decode(uri->text().substr(12)).value();
  auto body = nlohmann::json::from_cbor(bytes.begin() + 1, bytes.end() - 4);
  body["l"] = nlohmann::json::array({nlohmann::json::array({kind, where})});
  bytes.resize(1);
  nlohmann::json::to_cbor(body, bytes);
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> checksum{};
  crypto_hash_sha256(checksum.data(), bytes.data(), bytes.size());
  bytes.insert(bytes.end(), checksum.begin(), checksum.begin() + 4);
  return "glucoledger:" + base::base64url_encode(bytes);
}

TEST(Uri, PlacesThatCannotBeReadAreTold) {
  EXPECT_TRUE(decode_uri(uri_with_place(1, "kubo:http://store.example:5001")));
  EXPECT_TRUE(decode_uri(uri_with_place(2, "/srv/home")));
  for (const auto* where : {"/srv/\x1b[2J", "/srv/a\nb", "/srv/\xff", "http://user:password@a:1", ""}) {
    const auto decoded = decode_uri(uri_with_place(0, where));
    ASSERT_FALSE(decoded) << where;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInputRefused) << where;
    EXPECT_EQ(decoded.error().message.find("password@"), std::string::npos);
  }
  auto invitation = sample_invitation();
  invitation.places.assign(1, {Place::Kind::kLedger, locator::Locator::of_folder("/srv/\xff")});
  EXPECT_EQ(encode_uri(invitation).error().code, ErrorCode::kUsage);
  EXPECT_EQ(decode_uri(uri_with_place(0, "ipns:k51")).error().code, ErrorCode::kNewerFormat);
  EXPECT_EQ(decode_uri(uri_with_place(0, "store")).error().code, ErrorCode::kNewerFormat);
  EXPECT_EQ(decode_uri(uri_with_place(0, "kubo:http://a:1")).error().code, ErrorCode::kNewerFormat);
  EXPECT_EQ(decode_uri(uri_with_place(1, "http://a:1")).error().code, ErrorCode::kNewerFormat);
  EXPECT_EQ(decode_uri(uri_with_place(2, "http://a:1")).error().code, ErrorCode::kNewerFormat);
  EXPECT_EQ(decode_uri(uri_with_place(3, "/srv")).error().code, ErrorCode::kNewerFormat);
}

// Made when version 1 was frozen: every later version reads it.
TEST(Uri, FrozenUrisStayReadable) {
  std::ifstream file("tests/vectors/uri.json");
  const auto vectors = nlohmann::json::parse(file, nullptr, false);
  ASSERT_FALSE(vectors.is_discarded()) << "tests/vectors/uri.json";
  const auto decoded = decode_uri(vectors["uri"].get<std::string>());
  ASSERT_TRUE(decoded) << decoded.error().message;
  expect_sample(*decoded);
  EXPECT_EQ(vectors["uri"], encode_uri(sample_invitation())->text());
}

}  // namespace
}  // namespace glucoledger::keys
