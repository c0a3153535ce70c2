#include "privacy/sealed_file.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "privacy/sealed_file_format.h"

namespace glucoledger::privacy {
namespace {

constexpr std::size_t kSizeMax = std::size_t{16} << 20;

Bytes make_content(std::size_t size) {
  Bytes content(size);
  std::uint32_t state = 20190607;
  for (auto& byte : content) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return content;
}

SecretBytes secret_of(std::uint8_t first) {
  SecretBytes secret(kFileSecretSize);
  for (std::size_t i = 0; i < secret.size(); ++i) secret.data()[i] = static_cast<std::uint8_t>(first + i);
  return secret;
}

// Hands out and takes in pieces of any size, as files do.
class Stream {
 public:
  explicit Stream(Bytes content = {}) : content_(std::move(content)) {}
  base::ByteReader reader() {
    return [this](std::span<std::uint8_t> buffer) -> Result<std::size_t> {
      const auto count = std::min(buffer.size(), content_.size() - position_);
      std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(position_), count, buffer.begin());
      position_ += count;
      return count;
    };
  }
  base::ByteWriter writer() {
    return [this](ByteView bytes) -> Result<void> {
      content_.insert(content_.end(), bytes.begin(), bytes.end());
      return {};
    };
  }
  const Bytes& content() const { return content_; }

 private:
  Bytes content_;
  std::size_t position_ = 0;
};

Bytes seal_with_salt(const Bytes& plain, const SecretBytes& secret, Transform transform, ByteView salt) {
  Stream in(plain);
  Stream out;
  EXPECT_TRUE(seal_stream_with_salt(in.reader(), plain.size(), out.writer(), secret, transform, salt));
  return out.content();
}

ErrorCode error_of(const Bytes& sealed, const SecretBytes& secret) {
  const auto opened = open_file(sealed, secret, kSizeMax);
  EXPECT_FALSE(opened);
  return opened ? ErrorCode::kFailed : opened.error().code;
}

class SealedFileVectors : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file("tests/vectors/sealed-file.json");
    document_ = nlohmann::json::parse(file);
    secret_ = SecretBytes(base::hex_decode(std::string(document_["secret"])).value());
    salt_ = base::hex_decode(std::string(document_["salt"])).value();
  }
  nlohmann::json document_;
  SecretBytes secret_;
  Bytes salt_;
};

TEST_F(SealedFileVectors, SealsAndOpensAsAnotherImplementation) {
  int seen = 0;
  for (const auto& vector : document_["vectors"]) {
    if (vector.contains("error")) continue;
    SCOPED_TRACE(vector["name"]);
    ++seen;
    const Bytes plain = make_content(vector["plain_size"]);
    Bytes sealed;
    if (vector["transform"] == "none") {
      sealed = seal_with_salt(plain, secret_, Transform::kNone, salt_);
      if (vector.contains("sealed_sha256")) {
        std::array<std::uint8_t, 32> digest{};
        ::SHA256(sealed.data(), sealed.size(), digest.data());
        EXPECT_EQ(base::hex_encode(digest), vector["sealed_sha256"]);
      } else {
        EXPECT_EQ(base::hex_encode(sealed), vector["sealed"]);
      }
    } else {  // other compressors may write other frames
      sealed = base::hex_decode(std::string(vector["sealed"])).value();
    }
    EXPECT_TRUE(open_file(sealed, secret_, kSizeMax).value() == plain);
  }
  EXPECT_EQ(seen, 10);
}

TEST_F(SealedFileVectors, RefusesWhatAnotherImplementationMadeWrong) {
  int seen = 0;
  for (const auto& vector : document_["vectors"]) {
    if (!vector.contains("error")) continue;
    SCOPED_TRACE(vector["name"]);
    ++seen;
    const auto expected = vector["error"] == "newer"       ? ErrorCode::kNewerFormat
                          : vector["error"] == "too large" ? ErrorCode::kInputRefused
                                                           : ErrorCode::kCorrupt;
    EXPECT_EQ(error_of(base::hex_decode(std::string(vector["sealed"])).value(), secret_), expected);
  }
  EXPECT_EQ(seen, 16);
}

TEST(SealedFileTest, EveryLengthComesBackWithBothTransforms) {
  const auto secret = secret_of(1);
  for (const std::size_t size : {0, 1, 65'535, 65'536, 65'537, 131'072, 300'000}) {
    const Bytes plain = make_content(size);
    for (const auto transform : {Transform::kNone, Transform::kCompress}) {
      const Bytes sealed = seal_file(plain, secret, transform).value();
      EXPECT_TRUE(open_file(sealed, secret, size).value() == plain) << size;
      if (size == 0) continue;
      EXPECT_EQ(open_file(sealed, secret, size - 1).error().code, ErrorCode::kInputRefused) << size;
    }
  }
}

TEST(SealedFileTest, CompressesRecords) {
  std::string records;
  for (int i = 0; i < 5000; ++i)
    records += R"({"resourceType":"Observation","value":)" + std::to_string(i % 300) + "}\n";
  const auto sealed = seal_file(base::as_bytes(records), secret_of(1), Transform::kCompress).value();
  EXPECT_LT(sealed.size() * 10, records.size());
  EXPECT_EQ(base::as_text(open_file(sealed, secret_of(1), kSizeMax).value()), records);
}

TEST(SealedFileTest, NoTwoSealingsAreAlike) {
  const Bytes plain = make_content(100);
  EXPECT_NE(seal_file(plain, secret_of(1), Transform::kNone).value(),
            seal_file(plain, secret_of(1), Transform::kNone).value());
}

TEST(SealedFileTest, AnotherKeyDoesNotFit) {
  for (const auto transform : {Transform::kNone, Transform::kCompress}) {
    EXPECT_EQ(error_of(seal_file(make_content(100), secret_of(1), transform).value(), secret_of(2)),
              ErrorCode::kNotAllowed);
  }
}

TEST(SealedFileTest, EachFlippedBitIsFound) {
  const auto secret = secret_of(1);
  for (const auto transform : {Transform::kNone, Transform::kCompress}) {
    Bytes sealed = seal_file(make_content(100), secret, transform).value();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      const std::size_t at = bit / 8;
      sealed[at] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto code = error_of(sealed, secret);
      const bool is_key_part = (at >= 10 && at < 42) || (at >= 50 && at < 82);
      if (at == 8) {  // the version: 0 or a newer one
        EXPECT_EQ(code, sealed[8] == 0 ? ErrorCode::kCorrupt : ErrorCode::kNewerFormat) << bit;
      } else {
        EXPECT_EQ(code, is_key_part ? ErrorCode::kNotAllowed : ErrorCode::kCorrupt) << bit;
      }
      sealed[at] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
  }
}

TEST(SealedFileTest, EachTruncationIsFound) {
  const auto secret = secret_of(1);
  const Bytes small = seal_file(make_content(100), secret, Transform::kNone).value();
  for (std::size_t size = 0; size < small.size(); ++size) {
    EXPECT_EQ(error_of(Bytes(small.begin(), small.begin() + static_cast<std::ptrdiff_t>(size)), secret),
              ErrorCode::kCorrupt)
        << size;
  }
  // At the chunks' borders too, where each piece by itself is whole.
  for (const std::size_t plain_size : {2 * kSealedChunkSize, 2 * kSealedChunkSize + 1}) {
    Bytes sealed = seal_file(make_content(plain_size), secret, Transform::kNone).value();
    sealed.resize(kSealedHeaderSize + kSealedChunkSize + kSealedTagSize);
    EXPECT_EQ(error_of(sealed, secret), ErrorCode::kCorrupt);
  }
}

TEST(SealedFileTest, AddedReorderedAndForeignChunksAreFound) {
  const auto secret = secret_of(1);
  constexpr auto kFull = static_cast<std::ptrdiff_t>(kSealedChunkSize + kSealedTagSize);
  const Bytes sealed = seal_file(make_content(3 * kSealedChunkSize), secret, Transform::kNone).value();
  const auto first = sealed.begin() + static_cast<std::ptrdiff_t>(kSealedHeaderSize);
  for (const std::size_t extra : {std::size_t{1}, std::size_t{16}, static_cast<std::size_t>(kFull)}) {
    Bytes longer = sealed;
    longer.insert(longer.end(), extra, 0);
    EXPECT_EQ(error_of(longer, secret), ErrorCode::kCorrupt) << extra;
  }
  Bytes swapped(sealed.begin(), first);
  swapped.insert(swapped.end(), first + kFull, first + 2 * kFull);
  swapped.insert(swapped.end(), first, first + kFull);
  swapped.insert(swapped.end(), first + 2 * kFull, sealed.end());
  EXPECT_EQ(error_of(swapped, secret), ErrorCode::kCorrupt);
  Bytes twice = sealed;
  twice.insert(twice.end(), sealed.end() - kFull, sealed.end());
  EXPECT_EQ(error_of(twice, secret), ErrorCode::kCorrupt);
  // The same content under the same secret, sealed again: its chunks belong to its own header.
  const Bytes other = seal_file(make_content(3 * kSealedChunkSize), secret, Transform::kNone).value();
  Bytes mixed(sealed.begin(), first);
  mixed.insert(mixed.end(), other.begin() + static_cast<std::ptrdiff_t>(kSealedHeaderSize), other.end());
  EXPECT_EQ(error_of(mixed, secret), ErrorCode::kCorrupt);
}

TEST(SealedFileTest, NothingUnauthenticatedLeaves) {
  const auto secret = secret_of(1);
  const Bytes plain = make_content(3 * kSealedChunkSize);
  Bytes sealed = seal_file(plain, secret, Transform::kNone).value();
  sealed[kSealedHeaderSize + kSealedChunkSize + kSealedTagSize + 5] ^= 1;  // in the second chunk
  Stream in(sealed);
  Stream out;
  EXPECT_EQ(open_stream(in.reader(), out.writer(), secret, kSizeMax).error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(out.content() == Bytes(plain.begin(), plain.begin() + kSealedChunkSize));
}

TEST(SealedFileTest, AContentThatChangesItsLengthIsRefused) {
  for (const auto transform : {Transform::kNone, Transform::kCompress}) {
    for (const std::size_t declared : {0U, 99U, 101U, 200'000U}) {
      Stream in(make_content(100));
      Stream out;
      EXPECT_EQ(seal_stream(in.reader(), declared, out.writer(), secret_of(1), transform).error().code,
                ErrorCode::kInputRefused)
          << declared;
    }
  }
}

TEST(SealedFileTest, ErrorsOfReadersAndWritersAreHandedOn) {
  const base::ByteReader no_read = [](std::span<std::uint8_t>) -> Result<std::size_t> {
    return fail(ErrorCode::kFailed, "r");
  };
  const base::ByteWriter no_write = [](ByteView) -> Result<void> { return fail(ErrorCode::kFailed, "w"); };
  const auto secret = secret_of(1);
  const Bytes sealed = seal_file(make_content(100), secret, Transform::kCompress).value();
  Stream plain(make_content(100));
  EXPECT_EQ(seal_stream(plain.reader(), 100, no_write, secret, Transform::kNone).error().message, "w");
  EXPECT_EQ(seal_stream(no_read, 100, plain.writer(), secret, Transform::kNone).error().message, "r");
  EXPECT_EQ(open_stream(no_read, plain.writer(), secret, 100).error().message, "r");
  Stream in(sealed);
  EXPECT_EQ(open_stream(in.reader(), no_write, secret, 100).error().message, "w");
}

TEST(SealedFileTest, OtherFilesAreNotSealedFiles) {
  for (const auto* text :
       {"", "PK", "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type", "\x89PNG\r\n\x1a\n 0123456789"}) {
    EXPECT_EQ(error_of(base::to_bytes(text), secret_of(1)), ErrorCode::kCorrupt);
  }
}

TEST(TransformTest, TheTableNamesWhatThereIs) {
  EXPECT_EQ(transform_names(), (std::vector<std::string>{"none", "compress"}));
  for (const auto& entry : transforms()) {
    EXPECT_EQ(transform_named(entry.name).value(), entry.code);
    EXPECT_EQ(transform_coded(static_cast<std::uint8_t>(entry.code)).value(), entry.code);
    EXPECT_EQ(name_of(entry.code), entry.name);
    const Bytes plain = make_content(200'000);
    Bytes encoded;
    Bytes decoded;
    const auto encoder = entry.encode(plain.size(), base::writer_to(encoded));
    ASSERT_TRUE(encoder->add(plain));
    ASSERT_TRUE(encoder->finish());
    const auto decoder = entry.decode(plain.size(), base::writer_to(decoded));
    ASSERT_TRUE(decoder->add(encoded));
    ASSERT_TRUE(decoder->finish());
    EXPECT_TRUE(decoded == plain);
    const auto longer = entry.decode(plain.size() + 1, base::writer_to(decoded));
    EXPECT_FALSE(longer->add(encoded) && longer->finish());
  }
  EXPECT_EQ(transform_named("obfuscate").error().code, ErrorCode::kUsage);
  EXPECT_EQ(transform_coded(2).error().code, ErrorCode::kNewerFormat);
}

}  // namespace
}  // namespace glucoledger::privacy
