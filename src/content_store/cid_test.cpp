#include "content_store/cid.h"

#include <gtest/gtest.h>

namespace glucoledger::content_store {
namespace {

// The empty file and the empty folder, as every IPFS implementation names them.
constexpr const char* kEmptyFileV0 = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH";
constexpr const char* kEmptyFileV1 = "bafybeif7ztnhq65lumvvtr4ekcwd2ifwgm3awq4zfr3srh462rwyinlb4y";
constexpr const char* kEmptyRaw = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

TEST(CidTest, ReadsAndWritesBothVersions) {
  const Bytes empty_file = {0x0a, 0x04, 0x08, 0x02, 0x18, 0x00};
  const Digest digest = sha2_256(empty_file);
  EXPECT_TRUE((decode_cid(kEmptyFileV0).value() == Cid{0, Codec::kDagPb, digest}));
  EXPECT_TRUE((decode_cid(kEmptyFileV1).value() == Cid{1, Codec::kDagPb, digest}));
  EXPECT_TRUE((decode_cid(kEmptyRaw).value() == Cid{1, Codec::kRaw, sha2_256({})}));
  for (const auto* text : {kEmptyFileV0, kEmptyFileV1, kEmptyRaw}) {
    EXPECT_EQ(encode_cid(decode_cid(text).value()), text);
    const Cid cid = decode_cid(text).value();
    EXPECT_TRUE(decode_binary_cid(encode_binary_cid(cid)).value() == cid);
  }
}

TEST(CidTest, TheSmallestAndTheLargestDigest) {
  Cid cid;
  EXPECT_EQ(encode_cid(cid).substr(0, 2), "Qm");
  EXPECT_TRUE(decode_cid(encode_cid(cid)).value() == cid);
  cid.digest.fill(0xff);
  EXPECT_EQ(encode_cid(cid).size(), 46U);
  EXPECT_TRUE(decode_cid(encode_cid(cid)).value() == cid);
}

TEST(CidTest, RefusesEverythingElse) {
  const std::string v0 = kEmptyFileV0;
  const std::string v1 = kEmptyFileV1;
  const auto with = [](std::string text, std::size_t at, char c) {
    text[at] = c;
    return text;
  };
  const std::vector<std::string> wrong = {
      "",
      "Qm",
      v0 + "1",
      v0.substr(1),
      v0.substr(0, 45),
      with(v0, 2, 'z'),   // more than 34 bytes
      with(v0, 20, '0'),  // not a digit
      v0 + "\n",
      v1.substr(0, 58),
      v1 + "a",
      with(v1, 0, 'B'),
      with(v1, 0, 'z'),
      with(v1, 58, 'z'),  // spare bits are not zero
      with(v1, 4, 'r'),   // another codec
  };
  for (const auto& text : wrong) EXPECT_EQ(decode_cid(text).error().code, ErrorCode::kInputRefused) << text;
}

TEST(CidTest, RefusesOtherBinaryForms) {
  Bytes v1 = encode_binary_cid(decode_cid(kEmptyFileV1).value());
  ASSERT_EQ(v1.size(), 36U);
  for (const std::size_t at : {0U, 1U, 2U, 3U}) {
    Bytes wrong = v1;
    wrong[at] ^= 1;
    EXPECT_FALSE(decode_binary_cid(wrong)) << at;
  }
  EXPECT_FALSE(decode_binary_cid(ByteView(v1).first(35)));
  EXPECT_FALSE(decode_binary_cid({}));
}

}  // namespace
}  // namespace glucoledger::content_store
