#include "crypto/kerl.h"

#include <algorithm>
#include <bit>

// Keccak-384 with its original padding (0x01). OpenSSL offers it only from 3.2 on, libsodium not at all, and both offer
// SHA3-384, whose padding differs: so the permutation stands here. Source: FIPS 202, 3.2; keccak.team.
namespace glucoledger::crypto {
namespace {

constexpr std::size_t kDigestBytes = 48;
constexpr std::size_t kValueTrits = 242;

constexpr std::array<std::uint64_t, 24> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

void theta(std::array<std::uint64_t, 25>& lanes) {
  std::array<std::uint64_t, 5> columns;
  for (std::size_t x = 0; x < 5; ++x) {
    columns[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
  }
  for (std::size_t x = 0; x < 5; ++x) {
    const std::uint64_t parity = columns[(x + 4) % 5] ^ std::rotl(columns[(x + 1) % 5], 1);
    for (std::size_t y = 0; y < 25; y += 5) lanes[x + y] ^= parity;
  }
}

void rho_and_pi(std::array<std::uint64_t, 25>& lanes) {
  std::uint64_t moved = lanes[1];
  std::size_t x = 1;
  std::size_t y = 0;
#pragma GCC unroll 24  // places and distances become constants: twice as fast
  for (int t = 1; t <= 24; ++t) {
    const std::size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    std::swap(moved, lanes[x + 5 * y]);
    lanes[x + 5 * y] = std::rotl(lanes[x + 5 * y], t * (t + 1) / 2 % 64);
  }
}

void chi(std::array<std::uint64_t, 25>& lanes) {
  for (std::size_t y = 0; y < 25; y += 5) {
    const std::array<std::uint64_t, 5> row = {lanes[y], lanes[y + 1], lanes[y + 2], lanes[y + 3], lanes[y + 4]};
    for (std::size_t x = 0; x < 5; ++x) lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
}

void keccak_f1600(std::array<std::uint64_t, 25>& lanes) {
  for (const std::uint64_t constant : kRoundConstants) {
    theta(lanes);
    rho_and_pi(lanes);
    chi(lanes);
    lanes[0] ^= constant;
  }
}

// Numbers of 416 bits, least significant word first: room for 3^243.
constexpr std::size_t kNumberWords = 13;
using Number = std::array<std::uint32_t, kNumberWords>;

constexpr void multiply_add(Number& number, std::uint32_t factor, std::uint32_t summand) {
  std::uint64_t carry = summand;
  for (auto& word : number) {
    carry += std::uint64_t{word} * factor;
    word = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
}

// As many trits as a word holds go in and out at a time.
constexpr std::size_t kGroupTrits = 20;
constexpr std::uint32_t kGroupRadix = 3'486'784'401;  // 3^20

constexpr std::uint32_t divide_by_group_radix(Number& number) {
  std::uint64_t remainder = 0;
  for (std::size_t i = kNumberWords; i-- > 0;) {
    remainder = remainder << 32 | number[i];
    number[i] = static_cast<std::uint32_t>(remainder / kGroupRadix);
    remainder %= kGroupRadix;
  }
  return static_cast<std::uint32_t>(remainder);
}

constexpr void add(Number& number, const Number& summand) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kNumberWords; ++i) {
    carry += std::uint64_t{number[i]} + summand[i];
    number[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
}

constexpr void subtract(Number& number, const Number& subtrahend) {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < kNumberWords; ++i) {
    const std::uint64_t difference = std::uint64_t{number[i]} - subtrahend[i] - borrow;
    number[i] = static_cast<std::uint32_t>(difference);
    borrow = difference >> 63;
  }
}

// (3^trits - 1) / 2: what makes every balanced number of so many trits non-negative, one digit 0..2 a trit.
constexpr Number offset_of(std::size_t trits) {
  Number number{};
  for (std::size_t i = 0; i < trits; ++i) multiply_add(number, 3, 1);
  return number;
}
constexpr Number kOffset242 = offset_of(242);
constexpr Number kOffset243 = offset_of(243);

void bytes_from_trits(TritView trits, std::span<std::uint8_t, kDigestBytes> bytes) {
  Number number{};
  for (std::size_t end = kValueTrits; end > 0;) {
    const std::size_t begin = (end - 1) / kGroupTrits * kGroupTrits;
    std::uint32_t group = 0;
    while (end > begin) group = group * 3 + static_cast<std::uint32_t>(trits[--end] + 1);
    multiply_add(number, kGroupRadix, group);
  }
  subtract(number, kOffset242);
  for (std::size_t i = 0; i < kDigestBytes; ++i) {
    bytes[kDigestBytes - 1 - i] = static_cast<std::uint8_t>(number[i / 4] >> (8 * (i % 4)));
  }
}

// A digest may lie beyond 242 trits: it is taken as 243, of which the last is dropped.
void trits_from_bytes(std::span<const std::uint8_t, kDigestBytes> bytes, std::span<Trit> trits) {
  Number number{};
  for (std::size_t i = 0; i < kDigestBytes; ++i) {
    number[i / 4] |= std::uint32_t{bytes[kDigestBytes - 1 - i]} << (8 * (i % 4));
  }
  if ((bytes[0] & 0x80) != 0) number[kNumberWords - 1] = 0xffffffff;
  add(number, kOffset243);
  for (std::size_t i = 0; i < kValueTrits;) {
    std::uint32_t group = divide_by_group_radix(number);
    for (const std::size_t end = std::min<std::size_t>(kValueTrits, i + kGroupTrits); i < end; ++i, group /= 3) {
      trits[i] = static_cast<Trit>(static_cast<int>(group % 3) - 1);
    }
  }
  trits[kValueTrits] = 0;
}

}  // namespace

void Kerl::absorb_bytes(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    keccak_[position_ / 8] ^= std::uint64_t{byte} << (8 * (position_ % 8));
    if (++position_ == kRateBytes) {
      keccak_f1600(keccak_);
      position_ = 0;
    }
  }
}

void Kerl::finish(std::span<std::uint8_t, kDigestBytes> digest) {
  keccak_[position_ / 8] ^= std::uint64_t{0x01} << (8 * (position_ % 8));
  keccak_[kRateBytes / 8 - 1] ^= std::uint64_t{0x80} << 56;
  keccak_f1600(keccak_);
  for (std::size_t i = 0; i < kDigestBytes; ++i) {
    digest[i] = static_cast<std::uint8_t>(keccak_[i / 8] >> (8 * (i % 8)));
  }
  keccak_.fill(0);
  position_ = 0;
}

void Kerl::absorb(TritView trits) {
  GL_ASSERT(trits.size() % kHashTrits == 0);
  for (; !trits.empty(); trits = trits.subspan(kHashTrits)) {
    std::array<std::uint8_t, kDigestBytes> bytes;
    bytes_from_trits(trits.first(kValueTrits), bytes);
    absorb_bytes(bytes);
  }
}

void Kerl::squeeze(std::span<Trit> out) {
  GL_ASSERT(out.size() % kHashTrits == 0);
  for (; !out.empty(); out = out.subspan(kHashTrits)) {
    std::array<std::uint8_t, kDigestBytes> digest;
    finish(digest);
    trits_from_bytes(digest, out.first(kHashTrits));
    // The next block is the hash of this digest with every bit flipped.
    for (auto& byte : digest) byte = static_cast<std::uint8_t>(~byte);
    absorb_bytes(digest);
  }
}

Hash kerl_hash(TritView input) {
  Kerl kerl;
  kerl.absorb(input);
  std::array<Trit, kHashTrits> hash;
  kerl.squeeze(hash);
  return Hash::from_trits(hash);
}

}  // namespace glucoledger::crypto
