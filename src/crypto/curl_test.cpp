#include "crypto/curl.h"

#include <gtest/gtest.h>

#include "crypto/kerl.h"
#include "crypto/test_vectors.h"

namespace glucoledger::crypto {
namespace {

void check_hashes(const nlohmann::json& vectors) {
  ASSERT_FALSE(vectors.at("curl").empty());
  for (const auto& vector : vectors.at("curl")) {
    const Trits input = trits_from_trytes(vector.at("input").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP27, input).trytes(), vector.at("curl_p27").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP81, input).trytes(), vector.at("curl_p81").get<std::string>());
  }
  ASSERT_FALSE(vectors.at("kerl").empty());
  for (const auto& vector : vectors.at("kerl")) {
    const Trits input = trits_from_trytes(vector.at("input").get<std::string>());
    EXPECT_EQ(kerl_hash(input).trytes(), vector.at("kerl_384").get<std::string>());
  }
}

TEST(Curl, EqualsTheReferenceClients) {
  check_hashes(own_vectors("trinary.json"));
}

TEST(Curl, EqualsTheOutsideVectors) {
  const auto vectors = outside_vectors("trinary.json");
  if (!vectors) GTEST_SKIP() << "no outside test data (GLUCOLEDGER_TEST_DATA)";
  check_hashes(*vectors);
}

// The round as the format's description has it, walking from index to index.
void transform_by_the_book(std::span<Trit, Curl::kStateTrits> state, int rounds) {
  constexpr std::array<int, 11> kTable = {1, 0, -1, 2, 1, -1, 0, 2, -1, 1, 0};
  std::size_t index = 0;
  for (int r = 0; r < rounds; ++r) {
    std::array<Trit, Curl::kStateTrits> old;
    std::copy(state.begin(), state.end(), old.begin());
    for (Trit& trit : state) {
      const int a = old[index];
      index = index < 365 ? index + 364 : index - 365;
      trit = static_cast<Trit>(kTable[static_cast<std::size_t>(a + 4 * old[index] + 5)]);
    }
  }
}

TEST(Curl, TransformEqualsTheDescription) {
  std::uint32_t random = 1;
  for (const auto rounds : {CurlRounds::kP27, CurlRounds::kP81}) {
    for (int repetition = 0; repetition < 50; ++repetition) {
      Curl curl(rounds);
      std::array<Trit, Curl::kStateTrits> expected;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        random = random * 1664525 + 1013904223;
        expected[i] = curl.state()[i] = static_cast<Trit>(static_cast<int>((random >> 16) % 3) - 1);
      }
      curl.transform();
      transform_by_the_book(expected, static_cast<int>(rounds));
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), curl.state().begin()));
    }
  }
}

TEST(Curl, ShortChunkOverwritesOnlyItsLength) {
  const Trits first = trits_from_trytes(std::string(81, 'K'));
  const Trits second = trits_from_trytes("GLUCOSE");
  Curl curl(CurlRounds::kP27);
  curl.absorb(first);
  std::array<Trit, Curl::kStateTrits> expected;
  std::copy(curl.state().begin(), curl.state().end(), expected.begin());
  std::copy(second.begin(), second.end(), expected.begin());
  transform_by_the_book(expected, 27);
  curl.absorb(second);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), curl.state().begin()));
}

TEST(Curl, WipeLeavesNothing) {
  Curl curl(CurlRounds::kP27);
  curl.absorb(trits_from_trytes(std::string(81, 'K')));
  curl.wipe();
  EXPECT_TRUE(std::all_of(curl.state().begin(), curl.state().end(), [](Trit trit) { return trit == 0; }));
}

TEST(Kerl, TakesThe243rdTritAsZero) {
  Trits input = trits_from_trytes(std::string(81, 'A'));
  const Hash hash = kerl_hash(input);
  input.back() = 1;
  EXPECT_EQ(kerl_hash(input), hash);
  input.front() = -1;
  EXPECT_NE(kerl_hash(input), hash);
}

}  // namespace
}  // namespace glucoledger::crypto
