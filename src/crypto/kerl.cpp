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

// Where rho and pi put lane i, and by how much they turn it.
struct Move {
  std::size_t to;
  int turn;
};
constexpr std::array<Move, 25> moves() {
  std::array<Move, 25> all{};
  std::size_t x = 1;
  std::size_t y = 0;
  for (int t = 1; t <= 24; ++t) {
    const std::size_t next_y = (2 * x + 3 * y) % 5;
    all[x + 5 * y] = {y + 5 * next_y, t * (t + 1) / 2 % 64};
    x = y;
    y = next_y;
  }
  return all;
}
constexpr std::array<Move, 25> kMoves = moves();

void keccak_f1600(std::array<std::uint64_t, 25>& state) {
  std::array<std::uint64_t, 25> lanes = state;
  for (const std::uint64_t constant : kRoundConstants) {
    std::array<std::uint64_t, 5> columns;
    for (std::size_t x = 0; x < 5; ++x) {
      columns[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
    }
    std::array<std::uint64_t, 25> moved;
#pragma GCC unroll 25  // places and distances become constants, lanes registers
    for (std::size_t i = 0; i < 25; ++i) {
      const std::uint64_t parity = columns[(i + 4) % 5] ^ std::rotl(columns[(i + 1) % 5], 1);
      moved[kMoves[i].to] = std::rotl(lanes[i] ^ parity, kMoves[i].turn);
    }
#pragma GCC unroll 25
    for (std::size_t i = 0; i < 25; ++i) {
      const std::size_t row = i / 5 * 5;
      lanes[i] = moved[i] ^ (~moved[row + (i + 1) % 5] & moved[row + (i + 2) % 5]);
    }
    lanes[0] ^= constant;
  }
  state = lanes;
}

// Numbers of 416 bits, least significant word first: room for 3^243.
constexpr std::size_t kNumberWords = 13;
using Number = std::array<std::uint32_t, kNumberWords>;

// Of the first `words` words; the others are 0 and stay so.
constexpr void multiply_add(Number& number, std::size_t words, std::uint32_t factor, std::uint32_t summand) {
  std::uint64_t carry = summand;
  for (std::size_t i = 0; i < words; ++i) {
    carry += std::uint64_t{number[i]} * factor;
    number[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
}

// As many trits as a word holds go in and out at a time: a number of n such groups fits n words.
constexpr std::size_t kGroupTrits = 20;
constexpr std::size_t kGroups = 13;
constexpr std::uint32_t kGroupRadix = 3'486'784'401;  // 3^20

constexpr std::uint32_t divide_by_group_radix(Number& number, std::size_t words) {
  std::uint64_t remainder = 0;
  for (std::size_t i = words; i-- > 0;) {
    remainder = remainder << 32 | number[i];
    number[i] = static_cast<std::uint32_t>(remainder / kGroupRadix);
    remainder %= kGroupRadix;
  }
  return static_cast<std::uint32_t>(remainder);
}

// The five trits of a number below 3^5.
constexpr std::uint32_t kFiveRadix = 243;
constexpr auto kFiveTrits = [] {
  std::array<std::array<Trit, 5>, kFiveRadix> all{};
  for (std::uint32_t number = 0; number < kFiveRadix; ++number) {
    std::uint32_t rest = number;
    for (Trit& trit : all[number]) {
      trit = static_cast<Trit>(static_cast<int>(rest % 3) - 1);
      rest /= 3;
    }
  }
  return all;
}();

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
  for (std::size_t i = 0; i < trits; ++i) multiply_add(number, kNumberWords, 3, 1);
  return number;
}
constexpr Number kOffset242 = offset_of(242);
constexpr Number kOffset243 = offset_of(243);

// Five digits 0..2 as a number.
std::uint32_t five_digits(const Trit* trits) {
  std::uint32_t number = 0;
  for (std::size_t i = 5; i-- > 0;) number = number * 3 + static_cast<std::uint32_t>(trits[i] + 1);
  return number;
}

void bytes_from_trits(TritView trits, std::span<std::uint8_t, kDigestBytes> bytes) {
  std::array<Trit, kGroups * kGroupTrits> all;
  all.fill(-1);  // the digit 0
  std::copy_n(trits.begin(), kValueTrits, all.begin());
  Number number{};
  for (std::size_t words = 1; words <= kGroups; ++words) {
    const Trit* group = all.data() + (kGroups - words) * kGroupTrits;
    const std::uint32_t low = five_digits(group) + kFiveRadix * five_digits(group + 5);
    const std::uint32_t high = five_digits(group + 10) + kFiveRadix * five_digits(group + 15);
    multiply_add(number, words, kGroupRadix, low + kFiveRadix * kFiveRadix * high);
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
  std::array<Trit, kGroups * kGroupTrits> all;
  for (std::size_t i = 0, words = kGroups; words > 0; --words) {
    std::uint32_t group = divide_by_group_radix(number, words);
    for (const std::size_t group_end = i + kGroupTrits; i < group_end; i += 5, group /= kFiveRadix) {
      std::copy_n(kFiveTrits[group % kFiveRadix].begin(), 5, all.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  std::copy_n(all.begin(), kValueTrits, trits.begin());
  trits[kValueTrits] = 0;
}

}  // namespace

KerlBlock::KerlBlock(TritView trits) {
  GL_ASSERT(trits.size() == kHashTrits);
  bytes_from_trits(trits.first(kValueTrits), bytes_);
}

// Blocks and the rate are whole lanes of 8 bytes.
void Kerl::absorb_bytes(ByteView bytes) {
  for (; !bytes.empty(); bytes = bytes.subspan(8)) {
    std::uint64_t lane = 0;
    for (std::size_t i = 8; i-- > 0;) lane = lane << 8 | bytes[i];
    keccak_[position_ / 8] ^= lane;
    position_ += 8;
    if (position_ == kRateBytes) {
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
  for (; !trits.empty(); trits = trits.subspan(kHashTrits)) absorb(KerlBlock(trits.first(kHashTrits)));
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
