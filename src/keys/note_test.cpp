#include "keys/note.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace glucoledger::keys {
namespace {

constexpr auto kDirection = Direction::kPatientToRecipient;

SecretBytes pattern(std::uint8_t first, std::size_t size) {
  SecretBytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes.data()[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

struct Parties {
  Thread thread = *Thread::from_secret(pattern(1, Thread::kSecretSize));
  SigningKey patient = *SigningKey::from_seed(pattern(100, SigningKey::kSeedSize));
};

EpochRelease release(char tryte, Design design = Design::kTangle) {
  EpochRelease epoch;
  epoch.design = design;
  epoch.root = *crypto::Hash::from_trytes(std::string(80, tryte) + "9");
  epoch.side_key = SecretBytes(base::to_bytes(std::string(81, tryte)));
  epoch.first_day = "2026-01-31";
  epoch.last_day = "2026-02-01";
  if (design == Design::kTangleIpfs) epoch.file_secret = pattern(50, 32);
  return epoch;
}

Note sample_note() {
  Note note;
  note.releases.push_back(release('A'));
  note.releases.push_back(release('B', Design::kTangleIpfs));
  note.ended.push_back({release('C').root, 288});
  note.closed_ms = 1'790'000'000'000;
  return note;
}

void expect_sample(const Note& note) {
  ASSERT_EQ(note.releases.size(), 2u);
  EXPECT_EQ(note.releases[0].root, release('A').root);
  EXPECT_EQ(note.releases[0].side_key.text(), std::string(81, 'A'));
  EXPECT_EQ(note.releases[0].first_day, "2026-01-31");
  EXPECT_EQ(note.releases[0].last_day, "2026-02-01");
  EXPECT_FALSE(note.releases[0].file_secret);
  EXPECT_EQ(note.releases[1].design, Design::kTangleIpfs);
  ASSERT_TRUE(note.releases[1].file_secret);
  EXPECT_EQ(base::hex_encode(note.releases[1].file_secret->view()), base::hex_encode(pattern(50, 32).view()));
  ASSERT_EQ(note.ended.size(), 1u);
  EXPECT_EQ(note.ended[0].root, release('C').root);
  EXPECT_EQ(note.ended[0].messages, 288u);
  EXPECT_EQ(note.closed_ms, 1'790'000'000'000);
}

TEST(Note, IsReadByTheRecipientAlone) {
  const Parties parties;
  const auto payload = seal_note(sample_note(), parties.thread, kDirection, 7, parties.patient);
  const auto opened = open_note(payload, parties.thread, kDirection, 7, parties.patient.public_key());
  ASSERT_TRUE(opened) << opened.error().message;
  expect_sample(*opened);

  const auto code = [&](const Thread& thread, Direction direction, std::uint64_t number, const PublicKey& key) {
    const auto result = open_note(payload, thread, direction, number, key);
    return result ? std::optional<ErrorCode>() : std::optional(result.error().code);
  };
  const auto stranger = *SigningKey::from_seed(pattern(101, SigningKey::kSeedSize));
  EXPECT_EQ(code(Thread::random(), kDirection, 7, parties.patient.public_key()), ErrorCode::kCorrupt);
  EXPECT_EQ(code(parties.thread, Direction::kRecipientToPatient, 7, parties.patient.public_key()), ErrorCode::kCorrupt);
  EXPECT_EQ(code(parties.thread, kDirection, 8, parties.patient.public_key()), ErrorCode::kCorrupt) << "replayed";
  EXPECT_EQ(code(parties.thread, kDirection, 7, stranger.public_key()), ErrorCode::kCorrupt);
}

TEST(Note, ASharedThreadDoesNotLetTheRecipientWriteForThePatient) {
  const Parties parties;
  const auto recipient = *SigningKey::from_seed(pattern(3, SigningKey::kSeedSize));
  const auto forged = seal_note(sample_note(), parties.thread, kDirection, 7, recipient);
  EXPECT_FALSE(open_note(forged, parties.thread, kDirection, 7, parties.patient.public_key()));
}

TEST(Note, EveryChangedTryteIsNoticed) {
  const Parties parties;
  const auto payload = seal_note(sample_note(), parties.thread, kDirection, 0, parties.patient);
  const std::size_t sealed_trytes = payload.size() / 2 * 2;  // an odd last tryte is padding
  for (std::size_t i = 0; i < sealed_trytes; i += 11) {
    auto changed = payload;
    changed[i] = changed[i] == '9' ? 'A' : '9';
    EXPECT_FALSE(open_note(changed, parties.thread, kDirection, 0, parties.patient.public_key())) << i;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{2186}, payload.size() - 1}) {
    EXPECT_FALSE(open_note(payload.substr(0, length), parties.thread, kDirection, 0, parties.patient.public_key()));
  }
}

TEST(Note, ShowsOnlyFiveSizes) {
  const Parties parties;
  std::vector<std::size_t> transactions;
  for (const std::size_t releases : {0, 1, 5, 8, 20, 40, 60}) {
    Note note;
    for (std::size_t i = 0; i < releases; ++i) note.releases.push_back(release('A', Design::kTangleIpfs));
    const auto payload = seal_note(note, parties.thread, kDirection, 0, parties.patient);
    ASSERT_EQ(payload.size() % 2187, 0u);
    transactions.push_back(payload.size() / 2187);
    const auto opened = open_note(payload, parties.thread, kDirection, 0, parties.patient.public_key());
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->releases.size(), releases);
  }
  EXPECT_EQ(transactions, (std::vector<std::size_t>{1, 1, 1, 2, 4, 8, 16}));
}

TEST(Note, TheFullestNoteFits) {
  const Parties parties;
  Note note;
  for (std::size_t i = 0; i < kReleasesPerNoteMax; ++i) note.releases.push_back(release('A', Design::kTangleIpfs));
  for (std::size_t i = 0; i < kEndedPerNoteMax; ++i) note.ended.push_back({release('M').root, ~std::uint64_t{0} >> 1});
  note.closed_ms = 1'790'000'000'000;
  EXPECT_EQ(seal_note(note, parties.thread, kDirection, 0, parties.patient).size(), 16 * 2187u);
}

TEST(Note, NoTryteMayBeAnother) {
  const Parties parties;
  auto payload = seal_note({}, parties.thread, kDirection, 0, parties.patient);
  ASSERT_EQ(payload.size(), 2187u);  // one more than its bytes take
  payload.back() = 'A';
  EXPECT_FALSE(open_note(payload, parties.thread, kDirection, 0, parties.patient.public_key()));
}

TEST(Note, ANewerVersionIsNamed) {
  const Parties parties;
  auto payload = seal_note({}, parties.thread, kDirection, 0, parties.patient);
  payload.replace(0, 2, crypto::b1t6_encode(Bytes{2}));
  const auto opened = open_note(payload, parties.thread, kDirection, 0, parties.patient.public_key());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNewerFormat);
}

TEST(Note, BodiesAreCheckedFieldByField) {
  const auto body = encode_note(sample_note());
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(decode_note(ByteView(body).first(length))) << length;
  }
  for (const auto& wrong :
       {R"({"e":1})", R"({"e":[{}]})", R"({"n":[{"r":"x","m":1}]})", R"({"c":"now"})", R"([])", R"(5)"}) {
    EXPECT_FALSE(decode_note(nlohmann::json::to_cbor(nlohmann::json::parse(wrong)))) << wrong;
  }
  const Bytes deep(5'000, 0x81);  // five thousand lists, one in the other
  EXPECT_FALSE(decode_note(deep));
}

// Notes of version 1, made when it was frozen: every later version reads them.
TEST(Note, FrozenNotesStayReadable) {
  std::ifstream file("tests/vectors/note.json");
  const auto vectors = nlohmann::json::parse(file, nullptr, false);
  ASSERT_FALSE(vectors.is_discarded()) << "tests/vectors/note.json";
  const Parties parties;
  EXPECT_EQ(vectors["address"], parties.thread.note_address(kDirection, 7).trytes());
  EXPECT_EQ(vectors["patient_key"], base::hex_encode(parties.patient.public_key()));
  const auto opened =
      open_note(vectors["payload"].get<std::string>(), parties.thread, kDirection, 7, parties.patient.public_key());
  ASSERT_TRUE(opened) << opened.error().message;
  expect_sample(*opened);
}

}  // namespace
}  // namespace glucoledger::keys
