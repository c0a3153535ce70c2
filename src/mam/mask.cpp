#include "mam/mask.h"

#include <algorithm>

namespace glucoledger::mam {
namespace {

using crypto::Trit;

// Balanced, modulo 3, for -2..2. The shifts spread the sign: of comparisons compilers make branches.
Trit wrap(int sum) {
  return static_cast<Trit>(sum + 3 * ((1 - sum) >> 31) - 3 * ((sum + 1) >> 31));
}

}  // namespace

void mask(crypto::Curl& sponge, std::span<Trit> text) {
  std::array<Trit, crypto::kHashTrits> key;
  while (!text.empty()) {
    const auto chunk = text.first(std::min(text.size(), crypto::kHashTrits));
    std::copy_n(sponge.rate().begin(), key.size(), key.begin());
    sponge.absorb(chunk);
    for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = wrap(chunk[i] + key[i]);
    text = text.subspan(chunk.size());
  }
}

void unmask(crypto::Curl& sponge, std::span<Trit> text) {
  std::array<Trit, crypto::kHashTrits> key;
  while (!text.empty()) {
    const auto chunk = text.first(std::min(text.size(), crypto::kHashTrits));
    std::copy_n(sponge.rate().begin(), key.size(), key.begin());
    for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = wrap(chunk[i] - key[i]);
    sponge.absorb(chunk);
    text = text.subspan(chunk.size());
  }
}

}  // namespace glucoledger::mam
