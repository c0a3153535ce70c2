// The encrypted file of design B: transformed, cut into chunks, each sealed with AES-256-GCM under a key of the file's
// own.
//
// The file's 32-byte secret travels in thread notes. A reader learns from the header alone whether its secret fits, and
// no byte of the content leaves unauthenticated. Layout: docs/formats/sealed-file.md. Vectors:
// tests/vectors/sealed-file.json. Cost: one pass; memory a few chunks and the compressor's window (at most 8 MiB).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_stream.h"
#include "base/secret.h"
#include "privacy/transform.h"

namespace glucoledger::privacy {

inline constexpr std::size_t kFileSecretSize = 32;

// Errors of opening: kNotAllowed: the secret does not fit (or the header's key part is damaged, which looks the same);
// kCorrupt: damaged, cut off, reordered, with bytes added, or not a sealed file; kNewerFormat: made by a newer version;
// kInputRefused: the content is larger than `size_max`.
Result<Bytes> seal_file(ByteView plain, const SecretBytes& secret, Transform transform);
Result<Bytes> open_file(ByteView sealed, const SecretBytes& secret, std::size_t size_max);

// For files larger than memory. `plain_size` is what `read` will give: another amount is kInputRefused.
Result<void> seal_stream(const base::ByteReader& read, std::uint64_t plain_size, const base::ByteWriter& write,
                         const SecretBytes& secret, Transform transform);
// What was written is authentic but may be only a beginning: it counts once this has returned without error.
Result<void> open_stream(const base::ByteReader& read, const base::ByteWriter& write, const SecretBytes& secret,
                         std::uint64_t size_max);

}  // namespace glucoledger::privacy
