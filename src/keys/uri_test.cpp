#include "keys/uri.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace glucoledger::keys {
namespace {

SecretBytes pattern(std::uint8_t first, std::size_t size) {
  SecretBytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes.data()[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

Invitation sample_invitation() {
  Invitation invitation{.network_id = "00112233445566778899aabbccddeeff",
                        .locators = {{Locator::Kind::kLedger, "http://ledger.example:14265"},
                                     {Locator::Kind::kStore, "/srv/glucoledger/store"}},
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
  ASSERT_EQ(decoded.locators.size(), 2u);
  EXPECT_EQ(decoded.locators[0].where, "http://ledger.example:14265");
  EXPECT_EQ(decoded.locators[1].kind, Locator::Kind::kStore);
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

TEST(Uri, HasRoomForThreeLocatorsAndNoMore) {
  auto invitation = sample_invitation();
  invitation.locators.assign(4, {Locator::Kind::kLedger, "http://a"});
  EXPECT_EQ(encode_uri(invitation).error().code, ErrorCode::kUsage);
  invitation.locators.assign(3, {Locator::Kind::kLedger, std::string(200, 'x')});
  EXPECT_EQ(encode_uri(invitation).error().code, ErrorCode::kUsage);
  invitation.locators.assign(3, {Locator::Kind::kLedger, "http://node-1.example.org:14265"});
  EXPECT_TRUE(encode_uri(invitation));
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
