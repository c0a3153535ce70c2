#include "crypto/links.h"

#include "crypto/simd/kernel.h"

namespace glucoledger::crypto {
namespace {

constexpr std::size_t kLinkBits = 256;

}  // namespace

Link pack_link(TritView trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  Link link{};
  for (std::size_t i = 0; i < kLinkBits; ++i) {
    const int trit = i < kHashTrits ? trits[i] : 0;
    link.low[i / 64] |= static_cast<std::uint64_t>(trit != 1) << (i % 64);
    link.high[i / 64] |= static_cast<std::uint64_t>(trit != -1) << (i % 64);
  }
  return link;
}

void unpack_link(const Link& link, std::span<Trit> trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  for (std::size_t i = 0; i < kHashTrits; ++i) {
    const auto low = static_cast<int>(link.low[i / 64] >> (i % 64) & 1);
    const auto high = static_cast<int>(link.high[i / 64] >> (i % 64) & 1);
    trits[i] = static_cast<Trit>(high - low);
  }
}

void hash_links(std::span<Link> links) {
  simd::kernel().hash_links(links.data(), links.size());
}

}  // namespace glucoledger::crypto
