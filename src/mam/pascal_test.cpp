#include "mam/pascal.h"

#include <gtest/gtest.h>

#include "crypto/test_vectors.h"

namespace glucoledger::mam {
namespace {

crypto::Trits encoded(std::uint32_t value) {
  crypto::Trits trits;
  append_pascal(value, trits);
  return trits;
}

TEST(Pascal, EqualsTheReferenceClient) {
  const auto vectors = crypto::own_vectors("mam.json");
  ASSERT_FALSE(vectors.at("pascal").empty());
  for (const auto& vector : vectors.at("pascal")) {
    const auto value = vector.at("value").get<std::uint32_t>();
    EXPECT_EQ(encoded(value), vector.at("trits").get<crypto::Trits>()) << value;
  }
}

TEST(Pascal, ReadsWhatItWritesAndNothingShorter) {
  for (std::uint32_t value = 0; value < 193'710'244; value = value * 3 / 2 + 1) {
    crypto::Trits trits = encoded(value);
    const std::size_t length = trits.size();
    for (std::size_t cut = 0; cut < length; ++cut)
      EXPECT_FALSE(read_pascal(crypto::TritView(trits).first(cut))) << value;
    trits.insert(trits.end(), {1, -1, 0, 1});
    const auto number = read_pascal(trits);
    ASSERT_TRUE(number) << value;
    EXPECT_EQ(number->value, value);
    EXPECT_EQ(number->length_trits, length);
  }
}

TEST(Pascal, ReadsZeroGroupsMarkedOrNot) {
  EXPECT_EQ(read_pascal(crypto::Trits{0, 0, 0, 1, 0, 0, 1, 0})->value, 27U);  // @iota/mam.js
  EXPECT_EQ(read_pascal(crypto::Trits{0, 0, 0, 1, 0, 0, 0, 0})->value, 27U);  // @iota/mam
}

TEST(Pascal, RefusesWhatIsNoNumberFromZeroOn) {
  EXPECT_FALSE(read_pascal(crypto::Trits{1, 0, 0, 1}));   // the last group negated: -1
  EXPECT_FALSE(read_pascal(crypto::Trits{0, 1, 0, -1}));  // flags below zero
  EXPECT_FALSE(read_pascal(crypto::Trits{0, 0, 0, 1, 0, 0, -1, 0}));
  EXPECT_FALSE(read_pascal(crypto::Trits{0, 0, 0, 1, 0, 0, -1, 1}));  // flags 2: the last group negated
  EXPECT_FALSE(read_pascal(crypto::Trits(400, 0)));                   // never ends
  EXPECT_FALSE(read_pascal(crypto::Trits(400, -1)));
  EXPECT_FALSE(read_pascal({}));
}

}  // namespace
}  // namespace glucoledger::mam
