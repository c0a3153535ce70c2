// The encrypted file of design B: compressed, cut into chunks, each sealed with AES-256-GCM under a key of the file's
// own.
//
// The file's 32-byte secret travels in thread notes. A reader learns from the header alone whether its secret fits, and
// no byte of the content leaves unauthenticated. Layout: docs/formats/sealed-file.md. Vectors:
// tests/vectors/sealed-file.json. Cost: one pass; memory a few chunks and the compressor's window (at most 8 MiB).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/bytes.h"
#include "base/secret.h"

namespace glucoledger::privacy {

inline constexpr std::size_t kFileSecretSize = 32;

// 2 is kept for the paper's obfuscation.
enum class Transform : std::uint8_t { kNone = 0, kCompress = 1 };

// Errors of opening: kNotAllowed: the secret does not fit (or the header's key part is damaged, which looks the same);
// kCorrupt: damaged, cut off, reordered, with bytes added, or not a sealed file; kNewerFormat: made by a newer version;
// kInputRefused: the content is larger than `size_max`.
Result<Bytes> seal_file(ByteView plain, const SecretBytes& secret, Transform transform);
Result<Bytes> open_file(ByteView sealed, const SecretBytes& secret, std::size_t size_max);

// Fills as much of `buffer` as it can; less than all of it means that the end was reached.
using ByteReader = std::function<Result<std::size_t>(std::span<std::uint8_t> buffer)>;
using ByteWriter = std::function<Result<void>(ByteView bytes)>;

// For files larger than memory. `plain_size` is what `read` will give: another amount is kInputRefused.
Result<void> seal_stream(const ByteReader& read, std::uint64_t plain_size, const ByteWriter& write,
                         const SecretBytes& secret, Transform transform);
// What was written is authentic but may be only a beginning: it counts once this has returned without error.
Result<void> open_stream(const ByteReader& read, const ByteWriter& write, const SecretBytes& secret,
                         std::uint64_t size_max);

}  // namespace glucoledger::privacy
