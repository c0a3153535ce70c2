#include "privacy/sealed_file.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <memory>

#include "base/limits.h"
#include "base/random.h"
#include "privacy/sealed_file_format.h"

namespace glucoledger::privacy {
namespace {

using base::ByteReader;
using base::ByteWriter;

// Cuts what it is given into chunks and seals them. The last chunk has 1 to 65,536 bytes; 0 only if there is no
// content.
class ChunkSealer {
 public:
  ChunkSealer(ChunkCipher cipher, const ByteWriter& write) : cipher_(std::move(cipher)), write_(write) {}

  Result<void> add(ByteView bytes) {
    while (!bytes.empty()) {
      if (chunk_.size() == kSealedChunkSize) GL_CHECK(flush(false));  // more follows, so it is not the last
      const auto taken = bytes.first(std::min(bytes.size(), kSealedChunkSize - chunk_.size()));
      chunk_.insert(chunk_.end(), taken.begin(), taken.end());
      bytes = bytes.subspan(taken.size());
    }
    return {};
  }
  Result<void> finish() { return flush(true); }

 private:
  Result<void> flush(bool last) {
    cipher_.seal(chunk_, last, sealed_);
    chunk_.clear();
    return write_(sealed_);
  }

  ChunkCipher cipher_;
  const ByteWriter& write_;
  Bytes chunk_;
  Bytes sealed_;
};

// Gives the content of all chunks, each authenticated, to `use`.
Result<void> open_chunks(const ByteReader& read, ChunkCipher& cipher, const ByteWriter& use) {
  constexpr std::size_t kFullSize = kSealedChunkSize + kSealedTagSize;
  // One byte more than a chunk tells whether it is the last.
  Bytes buffer(kFullSize + 1);
  Bytes plain;
  std::size_t held = 0;
  for (bool first = true, last = false; !last; first = false) {
    GL_TRY(count, read(std::span(buffer).subspan(held)));
    held += count;
    last = held <= kFullSize;
    const auto sealed = ByteView(buffer).first(std::min(held, kFullSize));
    GL_CHECK(cipher.open(sealed, last, plain));
    if (plain.empty() && !first) return fail(ErrorCode::kCorrupt, "the sealed file ends with an empty chunk");
    GL_CHECK(use(plain));
    buffer[0] = buffer[kFullSize];
    held = 1;
  }
  return {};
}

// Takes the transformed content and gives the plain one, of exactly the declared length.
class ContentOpener {
 public:
  ContentOpener(const SealedHeader& header, std::uint64_t size_max, const ByteWriter& write)
      : header_(header), size_max_(size_max), write_(write) {}

  // The header's words count only once a first chunk has authenticated them.
  Result<void> add(ByteView bytes) {
    if (!decoder_) GL_CHECK(start());
    return decoder_->add(bytes);
  }
  Result<void> finish() { return decoder_->finish(); }  // there is always a first chunk

 private:
  Result<void> start() {
    GL_TRY(transform, transform_coded(header_.transform));
    if (header_.plain_size > size_max_) {
      return fail(ErrorCode::kInputRefused, "the sealed file's content is larger than allowed here");
    }
    decoder_ = entry_of(transform).decode(header_.plain_size, write_);
    return {};
  }

  const SealedHeader& header_;
  std::uint64_t size_max_;
  const ByteWriter& write_;
  std::unique_ptr<TransformStream> decoder_;
};

}  // namespace

Result<void> seal_stream_with_salt(const ByteReader& read, std::uint64_t plain_size, const ByteWriter& write,
                                   const SecretBytes& secret, Transform transform, ByteView salt) {
  GL_ASSERT(salt.size() == kSealedSaltSize);
  if (plain_size > base::limits::kContentSizeMax) {
    return fail(ErrorCode::kInputRefused, "the content is larger than a sealed file may be");
  }
  auto keys = derive_sealed_file_keys(secret, salt);
  SealedHeader header;
  header.transform = static_cast<std::uint8_t>(transform);
  header.plain_size = plain_size;
  std::copy(salt.begin(), salt.end(), header.salt.begin());
  std::copy(keys.commitment.begin(), keys.commitment.end(), header.commitment.begin());
  const Bytes encoded = encode_sealed_header(header);
  GL_CHECK(write(encoded));

  ChunkSealer sealer(ChunkCipher(std::move(keys), encoded), write);
  const auto encoder = entry_of(transform).encode(plain_size, [&sealer](ByteView part) { return sealer.add(part); });
  Bytes buffer(kSealedChunkSize);
  for (std::uint64_t missing = plain_size, count = buffer.size(); count == buffer.size(); missing -= count) {
    GL_ASSIGN(count, read(buffer));
    if (count > missing || (count < buffer.size() && count != missing)) {
      return fail(ErrorCode::kInputRefused, "the content changed its length while it was read", "repeat");
    }
    const auto bytes = ByteView(buffer).first(static_cast<std::size_t>(count));
    GL_CHECK(encoder->add(bytes));
  }
  GL_CHECK(encoder->finish());
  return sealer.finish();
}

Result<void> seal_stream(const ByteReader& read, std::uint64_t plain_size, const ByteWriter& write,
                         const SecretBytes& secret, Transform transform) {
  return seal_stream_with_salt(read, plain_size, write, secret, transform, base::random_bytes(kSealedSaltSize));
}

Result<void> open_stream(const ByteReader& read, const ByteWriter& write, const SecretBytes& secret,
                         std::uint64_t size_max) {
  Bytes encoded(kSealedHeaderSize);
  GL_TRY(count, read(encoded));
  encoded.resize(count);
  GL_TRY(header, decode_sealed_header(encoded));
  auto keys = derive_sealed_file_keys(secret, header.salt);
  if (CRYPTO_memcmp(keys.commitment.data(), header.commitment.data(), header.commitment.size()) != 0) {
    return fail(ErrorCode::kNotAllowed, "the key does not fit this file",
                "use the key that the file was sealed with; damage in the file's first bytes looks the same");
  }
  ChunkCipher cipher(std::move(keys), encoded);
  ContentOpener content(header, size_max, write);
  GL_CHECK(open_chunks(read, cipher, [&content](ByteView bytes) { return content.add(bytes); }));
  return content.finish();
}

Result<Bytes> seal_file(ByteView plain, const SecretBytes& secret, Transform transform) {
  Bytes sealed;
  if (transform == Transform::kNone) sealed.reserve(plain.size() + plain.size() / 1024 + kSealedHeaderSize + 64);
  GL_CHECK(seal_stream(base::reader_of(plain), plain.size(), base::writer_to(sealed), secret, transform));
  return sealed;
}

Result<Bytes> open_file(ByteView sealed, const SecretBytes& secret, std::size_t size_max) {
  Bytes plain;
  GL_CHECK(open_stream(base::reader_of(sealed), base::writer_to(plain), secret, size_max));
  return plain;
}

}  // namespace glucoledger::privacy
