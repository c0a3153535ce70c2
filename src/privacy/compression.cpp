#include "privacy/compression.h"

#include "base/limits.h"

namespace glucoledger::privacy {
namespace {

constexpr int kLevel = 6;

std::size_t require(std::size_t code) {
  GL_ASSERT(ZSTD_isError(code) == 0);
  return code;
}

tl::unexpected<Error> corrupt() {
  return fail(ErrorCode::kCorrupt, "the sealed file's content is not what its header declares");
}

}  // namespace

Compressor::Compressor(std::uint64_t plain_size, base::ByteWriter write)
    : context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()), write_(std::move(write)) {
  GL_ASSERT(context_ != nullptr);
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
  require(ZSTD_CCtx_setPledgedSrcSize(context_.get(), plain_size));
}

Result<void> Compressor::add(ByteView plain) {
  return feed(plain, ZSTD_e_continue);
}

Result<void> Compressor::finish() {
  return feed({}, ZSTD_e_end);
}

Result<void> Compressor::feed(ByteView plain, ZSTD_EndDirective directive) {
  ZSTD_inBuffer input{plain.data(), plain.size(), 0};
  while (true) {
    ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
    const auto remaining = require(ZSTD_compressStream2(context_.get(), &output, &input, directive));
    if (output.pos > 0) GL_CHECK(write_(ByteView(buffer_).first(output.pos)));
    if (directive == ZSTD_e_end ? remaining == 0 : input.pos == input.size) return {};
  }
}

Decompressor::Decompressor(std::uint64_t plain_size, base::ByteWriter write)
    : context_(ZSTD_createDCtx()), buffer_(ZSTD_DStreamOutSize()), write_(std::move(write)), missing_(plain_size) {
  GL_ASSERT(context_ != nullptr);
  require(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, base::limits::kCompressionWindowMaxLog2));
}

Result<void> Decompressor::add(ByteView compressed) {
  ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
  bool flushed = true;
  while (input.pos < input.size || !flushed) {
    if (complete_) return corrupt();
    ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
    const auto code = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_isError(code) != 0 || output.pos > missing_) return corrupt();
    complete_ = code == 0;
    flushed = complete_ || output.pos < output.size;
    missing_ -= output.pos;
    if (output.pos > 0) GL_CHECK(write_(ByteView(buffer_).first(output.pos)));
  }
  return {};
}

Result<void> Decompressor::finish() {
  if (!complete_ || missing_ != 0) return corrupt();
  return {};
}

}  // namespace glucoledger::privacy
