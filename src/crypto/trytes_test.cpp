#include "crypto/trytes.h"

#include <gtest/gtest.h>

#include "crypto/test_vectors.h"

namespace glucoledger::crypto {
namespace {

const nlohmann::json& vectors() {
  static const nlohmann::json document = own_vectors("trinary.json");
  return document;
}

TEST(Trytes, EqualTheReferenceClient) {
  ASSERT_EQ(vectors().at("trytes").size(), 27U);
  for (const auto& vector : vectors().at("trytes")) {
    const auto tryte = vector.at("tryte").get<std::string>();
    const auto trits = vector.at("trits").get<Trits>();
    EXPECT_EQ(trits_from_trytes(tryte), trits);
    EXPECT_EQ(trytes_from_trits(trits), tryte);
  }
}

TEST(Trytes, AreTwentySevenCharacters) {
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    EXPECT_EQ(is_trytes(text), c != 0 && kTryteAlphabet.find(static_cast<char>(c)) != std::string_view::npos) << c;
  }
}

TEST(Hash, TakesEightyOneTrytesOnly) {
  const std::string trytes = std::string(40, 'A') + std::string(41, 'Z');
  const auto hash = Hash::from_trytes(trytes);
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->trytes(), trytes);
  EXPECT_EQ(Hash::from_trits(hash->trits()), *hash);
  EXPECT_FALSE(hash->is_null());
  EXPECT_TRUE(Hash().is_null());
  EXPECT_LT(Hash(), *hash);
  for (const std::string& wrong : {trytes.substr(1), trytes + "9", std::string(80, 'A') + "a", std::string()}) {
    EXPECT_EQ(Hash::from_trytes(wrong).error().code, ErrorCode::kInputRefused) << wrong;
  }
}

TEST(Integers, EqualTheReferenceClient) {
  for (const auto& vector : vectors().at("integers")) {
    const auto value = vector.at("value").get<std::int64_t>();
    Trits expected = vector.at("trits").get<Trits>();
    const auto decoded = decode_integer(expected);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, value);
    expected.resize(81, 0);
    Trits encoded(81);
    encode_integer(value, encoded);
    EXPECT_EQ(encoded, expected) << value;
    EXPECT_EQ(*decode_integer(encoded), value);
  }
}

TEST(Integers, OfMoreThan33TritsAreRefused) {
  Trits trits(34, 0);
  trits.back() = 1;
  EXPECT_EQ(decode_integer(trits).error().code, ErrorCode::kInputRefused);
}

TEST(Integers, CoverTheWholeRangeOf64Bits) {
  for (const std::int64_t value :
       {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    Trits trits(41);
    encode_integer(value, trits);
    std::uint64_t back = 0;  // modulo 2^64
    for (std::size_t i = trits.size(); i-- > 0;) back = 3 * back + static_cast<std::uint64_t>(std::int64_t{trits[i]});
    EXPECT_EQ(static_cast<std::int64_t>(back), value);
  }
}

TEST(Ascii, EqualsTheReferenceClient) {
  for (const auto& vector : vectors().at("ascii")) {
    const auto text = vector.at("ascii").get<std::string>();
    const auto trytes = vector.at("trytes").get<std::string>();
    EXPECT_EQ(*trytes_from_ascii(text), trytes);
    EXPECT_EQ(*ascii_from_trytes(trytes), text);
  }
}

TEST(Ascii, RefusesWhatIsNone) {
  EXPECT_EQ(trytes_from_ascii("5,4 mmol/l \xc2\xb5").error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(trytes_from_ascii(std::string(1, '\x80')).error().code, ErrorCode::kInputRefused);
  for (const auto& trytes : vectors().at("not_ascii")) {
    EXPECT_EQ(ascii_from_trytes(trytes.get<std::string>()).error().code, ErrorCode::kInputRefused) << trytes;
  }
}

TEST(B1t6, EqualsTheReferenceClient) {
  for (const auto& vector : vectors().at("b1t6")) {
    const Bytes bytes = *base::hex_decode(vector.at("hex").get<std::string>());
    const auto trytes = vector.at("trytes").get<std::string>();
    EXPECT_EQ(b1t6_encode(bytes), trytes);
    EXPECT_EQ(*b1t6_decode(trytes), bytes);
  }
}

TEST(B1t6, RefusesPairsThatAreNoByte) {
  // 128 and -129 are the first outside: TE and FV.
  for (const std::string trytes : {"TE", "FV", "MM", "NN", "A", "99A", "9a"}) {
    EXPECT_EQ(b1t6_decode(trytes).error().code, ErrorCode::kInputRefused) << trytes;
  }
  EXPECT_EQ(*b1t6_decode("SE"), Bytes{0x7f});
  EXPECT_EQ(*b1t6_decode("GV"), Bytes{0x80});
}

TEST(PackedTrits, HoldFiveABytePlus121) {
  EXPECT_EQ(pack_trits({}), Bytes{});
  EXPECT_EQ(pack_trits(Trits{1, 1, 1, 1, 1}), Bytes{242});
  EXPECT_EQ(pack_trits(Trits{-1, -1, -1, -1, -1}), Bytes{0});
  EXPECT_EQ(pack_trits(Trits{0, 0, 0, 0, 0, 1, -1}), (Bytes{121, 119}));
  EXPECT_EQ(pack_trits(Trits(8019)).size(), 1604U);
}

TEST(PackedTrits, AreReadInOneFormOnly) {
  for (std::size_t length = 0; length < 30; ++length) {
    Trits trits(length);
    for (std::size_t i = 0; i < length; ++i) trits[i] = static_cast<Trit>(static_cast<int>((i * i + length) % 3) - 1);
    EXPECT_EQ(*unpack_trits(pack_trits(trits), length), trits);
  }
  EXPECT_FALSE(unpack_trits(Bytes{243}, 5));
  EXPECT_FALSE(unpack_trits(Bytes{121}, 6));
  EXPECT_FALSE(unpack_trits(Bytes{121, 121}, 5));
  EXPECT_TRUE(unpack_trits(Bytes{122}, 4));
  EXPECT_FALSE(unpack_trits(Bytes{121 + 81}, 4));  // the fifth trit is 1
}

}  // namespace
}  // namespace glucoledger::crypto
