#include "mam/mam.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/limits.h"
#include "crypto/simd/kernel.h"
#include "crypto/test_vectors.h"

namespace glucoledger::mam {
namespace {

Mode mode_of(const std::string& name) {
  return std::map<std::string, Mode>{
      {"public", Mode::kPublic}, {"private", Mode::kPrivate}, {"restricted", Mode::kRestricted}}
      .at(name);
}

SecretTrytes secret_of(const nlohmann::json& value) {
  return value.is_null() ? SecretTrytes::nines() : *SecretTrytes::from_trytes(value.get<std::string>());
}

std::string text_of(const nlohmann::json& vector, const char* field) {
  return vector.at(field).get<std::string>();
}

Hash hash_of(const nlohmann::json& vector, const char* field) {
  return *Hash::from_trytes(text_of(vector, field));
}

Channel channel_of(const nlohmann::json& vector) {
  return Channel{*SecretTrytes::from_trytes(text_of(vector, "seed")), secret_of(vector.at("side_key")),
                 mode_of(text_of(vector, "mode")), vector.at("security").get<int>()};
}

// Opens what the clients made, and makes the same with other nonces: only the payload may differ.
void check_messages(const nlohmann::json& messages) {
  ASSERT_FALSE(messages.empty());
  for (const auto& vector : messages) {
    const Channel channel = channel_of(vector);
    const auto index = vector.at("index").get<std::uint64_t>();
    const Hash root = hash_of(vector, "root");
    EXPECT_EQ(root_at(channel, index), root);
    EXPECT_EQ(address_of(root, channel.mode), hash_of(vector, "address"));
    const Hash next_root = root_at(channel, index + 1);

    const auto opened = open(text_of(vector, "payload"), root, channel.mode, channel.side_key);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->message_trytes, text_of(vector, "message"));
    EXPECT_EQ(opened->next_root, next_root);
    EXPECT_EQ(opened->security, channel.security);

    const auto created = create(channel, index, text_of(vector, "message"));
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(created->root, root);
    EXPECT_EQ(created->next_root, next_root);
    EXPECT_EQ(created->address, hash_of(vector, "address"));
    const auto reopened = open(created->payload, root, channel.mode, channel.side_key);
    ASSERT_TRUE(reopened) << reopened.error().message;
    EXPECT_EQ(reopened->message_trytes, text_of(vector, "message"));
  }
}

TEST(Mam, EqualsTheReferenceClients) {
  check_messages(crypto::own_vectors("mam.json").at("messages"));
}

TEST(Mam, RefusesWhatTheReferenceClientsRefuse) {
  const auto vectors = crypto::own_vectors("mam.json");
  ASSERT_FALSE(vectors.at("refused").empty());
  for (const auto& vector : vectors.at("refused")) {
    const auto opened = open(text_of(vector, "payload"), hash_of(vector, "root"), mode_of(text_of(vector, "mode")),
                             secret_of(vector.at("side_key")));
    ASSERT_FALSE(opened) << text_of(vector, "why");
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << text_of(vector, "why");
  }
}

TEST(Mam, EqualsTheOutsideVectors) {
  const auto vectors = crypto::outside_vectors("mam.json");
  if (!vectors) GTEST_SKIP() << "no outside test data (GLUCOLEDGER_TEST_DATA)";
  check_messages(vectors->at("messages"));
}

TEST(Mam, ReadsSeveralMessagesUnderOneRoot) {
  const auto vectors = crypto::own_vectors("mam.json");
  ASSERT_FALSE(vectors.at("trees").empty());
  for (const auto& tree : vectors.at("trees")) {
    const Channel channel = channel_of(tree);
    for (const auto& vector : tree.at("messages")) {
      const Hash root = hash_of(vector, "root");
      std::string payload = text_of(vector, "payload");
      const auto opened = open(payload, root, channel.mode, channel.side_key);
      ASSERT_TRUE(opened) << opened.error().message;
      EXPECT_EQ(opened->message_trytes, text_of(vector, "message"));
      EXPECT_EQ(opened->next_root, hash_of(vector, "next_root"));
      EXPECT_EQ(opened->index, vector.at("index").get<std::uint32_t>());
      EXPECT_EQ(opened->security, channel.security);
      EXPECT_TRUE(opened->shares_root);
      char& of_tree = payload[payload.size() - 100];
      of_tree = of_tree == 'A' ? 'B' : 'A';
      EXPECT_FALSE(open(payload, root, channel.mode, channel.side_key));
      EXPECT_FALSE(open(payload.substr(0, payload.size() - 81), root, channel.mode, channel.side_key));
    }
  }
}

class MamPayload : public testing::Test {
 protected:
  Channel channel_{*SecretTrytes::from_trytes("GLUCOSE9SEED"), *SecretTrytes::from_trytes("SIDE9KEY")};
  Created created_ = *create(channel_, 5, "ODGAAB9Z");

  ErrorCode error_of_opening(const std::string& payload) const {
    const auto opened = open(payload, created_.root, channel_.mode, channel_.side_key);
    return opened ? ErrorCode::kFailed : opened.error().code;
  }
};

TEST_F(MamPayload, OpensWithThePaddingOfItsTransactions) {
  std::string padded = created_.payload;
  padded.resize((padded.size() / 2187 + 1) * 2187, '9');
  const auto opened = open(padded, created_.root, channel_.mode, channel_.side_key);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->message_trytes, "ODGAAB9Z");
  padded.back() = 'A';
  EXPECT_EQ(error_of_opening(padded), ErrorCode::kCorrupt);
}

TEST_F(MamPayload, RefusesEveryFlippedTryte) {
  // Every tryte of the parts before the signature, and a sample of the signature's.
  for (std::size_t i = 0; i < created_.payload.size(); i += i < 130 ? 1 : 97) {
    for (const char other : {'9', 'A', 'N'}) {
      std::string altered = created_.payload;
      if (altered[i] == other) continue;
      altered[i] = other;
      ASSERT_EQ(error_of_opening(altered), ErrorCode::kCorrupt) << "tryte " << i;
    }
  }
  std::string altered = created_.payload;
  altered.back() = altered.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(error_of_opening(altered), ErrorCode::kCorrupt);
}

TEST_F(MamPayload, RefusesEveryTruncation) {
  for (std::size_t length = 0; length < created_.payload.size(); length += length < 130 ? 1 : 31) {
    ASSERT_EQ(error_of_opening(created_.payload.substr(0, length)), ErrorCode::kCorrupt) << length << " trytes";
  }
  EXPECT_EQ(error_of_opening(created_.payload.substr(0, created_.payload.size() - 1)), ErrorCode::kCorrupt);
}

TEST_F(MamPayload, RefusesAnotherKeyRootOrMode) {
  const auto wrong_key = SecretTrytes::from_trytes("SIDE9KEZ");
  EXPECT_FALSE(open(created_.payload, created_.root, Mode::kRestricted, *wrong_key));
  EXPECT_FALSE(open(created_.payload, created_.next_root, Mode::kRestricted, channel_.side_key));
  EXPECT_FALSE(open(created_.payload, root_at(channel_, 4), Mode::kRestricted, channel_.side_key));
  EXPECT_FALSE(open(created_.payload, created_.root, Mode::kPrivate, SecretTrytes::nines()));
}

TEST_F(MamPayload, SurvivesWhateverComes) {
  std::uint32_t state = 20180101;
  const auto random = [&state](std::uint32_t bound) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % bound;
  };
  const auto random_tryte = [&random] { return crypto::kTryteAlphabet[random(27)]; };
  for (int repetition = 0; repetition < 1000; ++repetition) {
    std::string payload = created_.payload;
    const auto place = [&] { return random(static_cast<std::uint32_t>(payload.size())); };
    switch (random(5)) {
      case 0:  // the header, where the lengths are
        for (std::size_t i = 0; i < 6; ++i) payload[i] = random_tryte();
        break;
      case 1:
        payload.erase(place(), 1 + random(500));
        break;
      case 2:
        payload.insert(place(), 1 + random(500), random_tryte());
        break;
      case 3:
        payload[place()] = static_cast<char>(random(256));
        payload[0] = static_cast<char>(random(256));
        break;
      default:
        payload.assign(random(3000), '9');
        for (char& tryte : payload) tryte = random_tryte();
    }
    if (payload == created_.payload) continue;
    ASSERT_EQ(error_of_opening(payload), ErrorCode::kCorrupt) << "repetition " << repetition;
  }
  EXPECT_EQ(error_of_opening(std::string(1'000'000, 'A')), ErrorCode::kCorrupt);
}

TEST(Mam, SeedPlusIndexCarries) {
  // M is 13, the largest tryte: seed + 1 carries into the next.
  const Channel high{*SecretTrytes::from_trytes("MMA"), SecretTrytes::nines()};
  const Channel carried{*SecretTrytes::from_trytes("NNB"), SecretTrytes::nines()};
  EXPECT_EQ(root_at(high, 1), root_at(carried, 0));
  EXPECT_EQ(root_at(high, 3), root_at(carried, 2));
  const Channel last{*SecretTrytes::from_trytes(std::string(81, 'M')), SecretTrytes::nines()};
  const Channel first{*SecretTrytes::from_trytes(std::string(81, 'N')), SecretTrytes::nines()};
  EXPECT_EQ(root_at(last, 1), root_at(first, 0));
}

TEST(Mam, CreatesTheSameTwice) {
  // Whoever is interrupted and creates again must not sign a second, different digest with the same key.
  const Channel channel{SecretTrytes::random(), SecretTrytes::random()};
  EXPECT_EQ(create(channel, 1, "TEST")->payload, create(channel, 1, "TEST")->payload);
}

TEST(Mam, CursorCreatesWhatCreateDoes) {
  for (const int security : {1, 2, 3}) {
    const Channel channel{SecretTrytes::random(), SecretTrytes::random(), Mode::kRestricted, security};
    ChannelCursor cursor(channel, 40);
    if (security != 1) cursor.expect(5);
    for (std::uint64_t index = 40; index < 47; ++index) {
      if (index % 2 == 0) {
        EXPECT_EQ(cursor.root(), root_at(channel, index));
      }
      EXPECT_EQ(cursor.index(), index);
      EXPECT_FALSE(cursor.create("lower case"));  // and stays where it is
      const auto expected = create(channel, index, "TEST" + std::string(index, 'X'));
      ChannelCursor moved = std::move(cursor);
      const auto created = moved.create("TEST" + std::string(index, 'X'));
      cursor = std::move(moved);
      ASSERT_TRUE(created);
      EXPECT_EQ(created->payload, expected->payload);
      EXPECT_EQ(created->root, expected->root);
      EXPECT_EQ(created->address, expected->address);
      EXPECT_EQ(created->next_root, expected->next_root);
    }
  }
}

// The same message on every kernel, and opened on every other.
TEST(Mam, EveryKernelCreatesTheSame) {
  const Channel channel{SecretTrytes::random(), SecretTrytes::random()};
  const std::string before = crypto::simd::kernel().name;
  std::optional<Created> first;
  for (const auto* kernel : crypto::simd::kernels()) {
    if (!crypto::simd::use_kernel(kernel->name)) continue;
    const auto created = create(channel, 77, "GLUCOSE");
    ASSERT_TRUE(created);
    if (!first) first = *created;
    EXPECT_EQ(created->payload, first->payload) << kernel->name;
    EXPECT_TRUE(open(first->payload, first->root, channel.mode, channel.side_key)) << kernel->name;
  }
  ASSERT_TRUE(crypto::simd::use_kernel(before));
}

TEST(Mam, RefusesWrongUse) {
  Channel channel{SecretTrytes::random(), SecretTrytes::random()};
  EXPECT_EQ(create(channel, 0, std::string(base::limits::kMamMessageTrytesMax + 1, '9')).error().code,
            ErrorCode::kUsage);
  EXPECT_EQ(create(channel, 0, "lower case").error().code, ErrorCode::kInputRefused);
  channel.mode = Mode::kPublic;
  EXPECT_EQ(create(channel, 0, "TEST").error().code, ErrorCode::kUsage);
  EXPECT_EQ(open("TEST", Hash(), Mode::kPrivate, channel.side_key).error().code, ErrorCode::kUsage);
  channel.mode = Mode::kRestricted;
  for (const int security : {0, 4, -1}) {
    channel.security = security;
    EXPECT_EQ(create(channel, 0, "TEST").error().code, ErrorCode::kUsage);
  }
}

TEST(Mam, TakesTheLongestMessage) {
  const Channel channel{SecretTrytes::random(), SecretTrytes::random()};
  std::string message(base::limits::kMamMessageTrytesMax, 'Q');
  const auto created = create(channel, 0, message);
  ASSERT_TRUE(created);
  const auto opened = open(created->payload, created->root, channel.mode, channel.side_key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->message_trytes, message);
}

TEST(SecretTrytes, PadsAsTheClientsDo) {
  EXPECT_EQ(SecretTrytes::from_trytes("ABC")->trytes(), "ABC" + std::string(78, '9'));
  EXPECT_FALSE(SecretTrytes::from_trytes(""));
  EXPECT_FALSE(SecretTrytes::from_trytes(std::string(82, 'A')));
  EXPECT_FALSE(SecretTrytes::from_trytes("ABC\n"));
}

TEST(SecretTrytes, AreReadWithTheirLineEnd) {
  const std::string seed(81, 'K');
  for (const char* end : {"", "\n", "\r\n"}) EXPECT_EQ(SecretTrytes::from_text(seed + end, 81)->trytes(), seed);
  for (const char* end : {"\n\n", "\n\r", "\r\r", " ", "K"})
    EXPECT_FALSE(SecretTrytes::from_text(seed + end, 81)) << end;
  for (const char* short_one : {"", "\n", "\r\n", "K\n"}) EXPECT_FALSE(SecretTrytes::from_text(short_one, 2));
  EXPECT_EQ(SecretTrytes::from_text("K\r\n")->trytes(), "K" + std::string(80, '9'));
}

TEST(SecretTrytes, AreMadeOfAllTrytes) {
  std::set<char> seen;
  for (int repetition = 0; repetition < 20; ++repetition) {
    const SecretTrytes drawn = SecretTrytes::random();
    ASSERT_TRUE(crypto::is_trytes(drawn.trytes()));
    seen.insert(drawn.trytes().begin(), drawn.trytes().end());
  }
  EXPECT_EQ(seen.size(), 27U);  // 1,620 draws leave one out once in 10^26 times
  EXPECT_NE(SecretTrytes::random().trytes(), SecretTrytes::random().trytes());
}

}  // namespace
}  // namespace glucoledger::mam
