#include "crypto/links.h"

#include <algorithm>
#include <cstring>

#include "crypto/simd/kernel.h"
#include "crypto/simd/trit_bits.h"

namespace glucoledger::crypto {
namespace {

constexpr std::size_t kLinkBits = 256;

}  // namespace

Link pack_link(TritView trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  std::array<Trit, kLinkBits> padded{};
  std::copy(trits.begin(), trits.end(), padded.begin());
  Link link{};
  for (std::size_t i = 0; i < kLinkBits; i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, padded.data() + i, 8);
    link.low[i / 64] |= simd::gather_low_bits(~bytes | bytes >> 7) << (i % 64);
    link.high[i / 64] |= simd::gather_low_bits(~(bytes >> 7)) << (i % 64);
  }
  sodium_memzero(padded.data(), padded.size());
  return link;
}

void unpack_link(const Link& link, std::span<Trit> trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  std::array<Trit, kLinkBits> padded;
  for (std::size_t i = 0; i < kLinkBits; i += 8) {
    const std::uint64_t positive = simd::spread_to_bytes(~link.low[i / 64] >> (i % 64) & 0xff);
    const std::uint64_t negative = simd::spread_to_bytes(~link.high[i / 64] >> (i % 64) & 0xff);
    const std::uint64_t bytes = positive | negative * 0xff;
    std::memcpy(padded.data() + i, &bytes, 8);
  }
  std::copy_n(padded.begin(), kHashTrits, trits.begin());
  sodium_memzero(padded.data(), padded.size());
}

void hash_links(std::span<Link> links) {
  simd::kernel().hash_links(links.data(), links.size());
}

}  // namespace glucoledger::crypto
