// zstd in a stream, for contents whose length is known before and binding: it stands in a sealed file's header.
//
// A decompressor gives exactly the declared length or fails; a bomb ends at that length. Memory: a window of 8 MiB at
// most. Source: RFC 8878 by libzstd.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <memory>

#include "privacy/transform.h"

namespace glucoledger::privacy {

class Compressor final : public TransformStream {
 public:
  Compressor(std::uint64_t plain_size, base::ByteWriter write);
  Result<void> add(ByteView plain) override;
  Result<void> finish() override;

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  Result<void> feed(ByteView plain, ZSTD_EndDirective directive);

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  Bytes buffer_;
  base::ByteWriter write_;
};

// Errors: kCorrupt: not one zstd frame of exactly `plain_size` bytes.
class Decompressor final : public TransformStream {
 public:
  Decompressor(std::uint64_t plain_size, base::ByteWriter write);
  Result<void> add(ByteView compressed) override;
  Result<void> finish() override;

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  Bytes buffer_;
  base::ByteWriter write_;
  std::uint64_t missing_;
  bool complete_ = false;
};

}  // namespace glucoledger::privacy
