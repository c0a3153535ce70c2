// The parts of a sealed file that seal and open share: header, keys, chunks. docs/formats/sealed-file.md fixes the
// bytes.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"
#include "privacy/sealed_file.h"

namespace glucoledger::privacy {

inline constexpr std::size_t kSealedChunkSize = 64 << 10;  // of content, before the tag
inline constexpr std::size_t kSealedTagSize = 16;
inline constexpr std::size_t kSealedSaltSize = 32;
inline constexpr std::size_t kSealedCommitmentSize = 32;
inline constexpr std::size_t kSealedHeaderSize = 8 + 1 + 1 + kSealedSaltSize + 8 + kSealedCommitmentSize;

struct SealedHeader {
  std::uint8_t transform = 0;
  std::array<std::uint8_t, kSealedSaltSize> salt{};
  std::uint64_t plain_size = 0;  // before the transform
  std::array<std::uint8_t, kSealedCommitmentSize> commitment{};
};
Bytes encode_sealed_header(const SealedHeader& header);
// kCorrupt: not a sealed file; kNewerFormat: of a later version.
Result<SealedHeader> decode_sealed_header(ByteView bytes);

struct SealedFileKeys {
  SecretBytes key;     // 32
  Bytes nonce_prefix;  // 7
  Bytes commitment;    // 32
};
SealedFileKeys derive_sealed_file_keys(const SecretBytes& secret, ByteView salt);

// Seals or opens the chunks of one file, in their order. The nonces come from the position, so none occurs twice.
class ChunkCipher {
 public:
  ChunkCipher(SealedFileKeys keys, ByteView encoded_header);
  // Both replace the content of `out`.
  void seal(ByteView plain, bool last, Bytes& out);
  Result<void> open(ByteView sealed, bool last, Bytes& out);

 private:
  std::array<std::uint8_t, 12> next_nonce(bool last);

  SealedFileKeys keys_;
  std::array<std::uint8_t, 32> header_hash_{};
  std::uint32_t counter_ = 0;
};

// As seal_stream, with the random bytes given: only for vectors, for a salt must never serve two files.
Result<void> seal_stream_with_salt(const base::ByteReader& read, std::uint64_t plain_size,
                                   const base::ByteWriter& write, const SecretBytes& secret, Transform transform,
                                   ByteView salt);

}  // namespace glucoledger::privacy
