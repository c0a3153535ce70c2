#include "crypto/curl.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "crypto/curl_permutation.h"

// A round is new[i] = T(old[364 i], old[364 i + 364]), indexes modulo 729. Read the state in another order after every
// round (curl_permutation.h) and it becomes new[j] = T(old[j], old[j + offset]): one rotation, and T on whole words.
namespace glucoledger::crypto {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kWords = 12;  // 729 bits
constexpr std::uint64_t kLastWordMask = (std::uint64_t{1} << (Curl::kStateTrits % 64)) - 1;
constexpr std::uint64_t kEveryByte = 0x0101010101010101;

// low: the trit is not 1; high: the trit is not -1.
struct Planes {
  std::array<std::uint64_t, kWords> low;
  std::array<std::uint64_t, kWords> high;
};

std::uint64_t gather_low_bits(std::uint64_t bytes) {
  return (bytes & kEveryByte) * 0x0102040810204080 >> 56;
}

std::uint64_t spread_to_bytes(std::uint64_t byte) {
  const std::uint64_t bits = byte * kEveryByte & 0x8040201008040201;  // bit k stays in byte k
  return (bits + 0x7f7f7f7f7f7f7f7f) >> 7 & kEveryByte;
}

void pack(const Trit* trits, Planes& planes) {
  for (std::size_t w = 0; w < kWords; ++w) {
    std::uint64_t negative = 0;
    std::uint64_t positive = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      std::uint64_t bytes;
      std::memcpy(&bytes, trits + 64 * w + 8 * k, 8);
      negative |= gather_low_bits(bytes >> 7) << (8 * k);
      positive |= gather_low_bits(bytes & ~(bytes >> 7)) << (8 * k);
    }
    planes.low[w] = ~positive;
    planes.high[w] = ~negative;
  }
}

void unpack(const Planes& planes, Trit* trits) {
  for (std::size_t w = 0; w < kWords; ++w) {
    const std::uint64_t negative = ~planes.high[w];
    const std::uint64_t positive = ~planes.low[w];
    for (std::size_t k = 0; k < 8; ++k) {
      const std::uint64_t bytes =
          spread_to_bytes(positive >> (8 * k) & 0xff) | spread_to_bytes(negative >> (8 * k) & 0xff) * 0xff;
      std::memcpy(trits + 64 * w + 8 * k, &bytes, 8);
    }
  }
}

// out[j] = in[(j + offset) % 729].
std::array<std::uint64_t, kWords> rotate(const std::array<std::uint64_t, kWords>& in, std::size_t offset) {
  constexpr unsigned kShift = Curl::kStateTrits % 64;
  std::array<std::uint64_t, 2 * kWords> twice;  // the 729 bits, and again behind them
  std::copy_n(in.begin(), kWords - 1, twice.begin());
  twice[kWords - 1] = (in[kWords - 1] & kLastWordMask) | in[0] << kShift;
  for (std::size_t w = 1; w < kWords; ++w) twice[kWords - 1 + w] = in[w - 1] >> (64 - kShift) | in[w] << kShift;
  twice[2 * kWords - 1] = in[kWords - 1] >> (64 - kShift);
  std::array<std::uint64_t, kWords> out;
  const std::uint64_t* from = twice.data() + offset / 64;
  const unsigned shift = offset % 64;
  for (std::size_t w = 0; w < kWords; ++w) out[w] = from[w] >> shift | from[w + 1] << 1 << (63 - shift);
  return out;
}

void round(Planes& planes, std::size_t offset) {
  const auto low = rotate(planes.low, offset);
  const auto high = rotate(planes.high, offset);
  for (std::size_t w = 0; w < kWords; ++w) {
    const std::uint64_t a = planes.low[w];
    const std::uint64_t changed = (a | ~high[w]) & (low[w] ^ planes.high[w]);
    planes.low[w] = ~changed;
    planes.high[w] = (a ^ high[w]) | changed;
  }
}

}  // namespace

Curl::Curl(CurlRounds rounds) : rounds_(rounds) {}

void Curl::reset() {
  state_.fill(0);
}

void Curl::wipe() {
  sodium_memzero(state_.data(), state_.size());
}

void Curl::transform() {
  const auto& order = curl_order(rounds_);
  Planes planes;
  pack(state_.data(), planes);
  for (std::size_t r = 0; r < order.rounds; ++r) round(planes, kCurlOffsets[r]);
  std::array<Trit, kPaddedTrits> reordered;
  unpack(planes, reordered.data());
  for (std::size_t i = 0; i < kStateTrits; ++i) state_[i] = reordered[order.position[i]];
}

void Curl::absorb(TritView trits) {
  while (!trits.empty()) {
    const TritView chunk = trits.first(std::min(trits.size(), kHashTrits));
    std::copy(chunk.begin(), chunk.end(), state_.begin());
    transform();
    trits = trits.subspan(chunk.size());
  }
}

void Curl::squeeze(std::span<Trit> out) {
  GL_ASSERT(out.size() % kHashTrits == 0);
  for (; !out.empty(); out = out.subspan(kHashTrits)) {
    std::copy_n(state_.begin(), kHashTrits, out.begin());
    transform();
  }
}

Hash curl_hash(CurlRounds rounds, TritView input) {
  Curl curl(rounds);
  curl.absorb(input);
  return Hash::from_trits(curl.rate());
}

}  // namespace glucoledger::crypto
