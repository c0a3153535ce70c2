#include "mam/pascal.h"

#include <algorithm>

#include "base/limits.h"

namespace glucoledger::mam {
namespace {

using crypto::Trit;
using crypto::Trits;
using crypto::TritView;

constexpr std::size_t kGroupTrits = 3;
constexpr std::array<Trit, 4> kZero = {1, 0, 0, -1};

int group_value(TritView group) {
  return group[0] + 3 * group[1] + 9 * group[2];
}

}  // namespace

void append_pascal(std::uint32_t value, Trits& out) {
  if (value == 0) {
    out.insert(out.end(), kZero.begin(), kZero.end());
    return;
  }
  std::size_t groups = 1;
  for (std::uint64_t largest = 13; largest < value; largest = 27 * largest + 13) ++groups;
  GL_ASSERT(groups <= base::limits::kMamNumberGroupsMax);
  std::array<Trit, kGroupTrits * base::limits::kMamNumberGroupsMax> digits{};
  crypto::encode_integer(value, digits);
  std::int64_t negated = 0;
  for (std::size_t g = 0; g + 1 < groups; ++g) {
    const auto group = std::span(digits).subspan(kGroupTrits * g, kGroupTrits);
    if (group_value(group) < 0) continue;
    negated |= std::int64_t{1} << g;
    for (Trit& trit : group) trit = static_cast<Trit>(-trit);
  }
  std::array<Trit, base::limits::kMamNumberGroupsMax> flags{};
  crypto::encode_integer(negated, flags);
  out.insert(out.end(), digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(kGroupTrits * groups));
  out.insert(out.end(), flags.begin(), flags.begin() + static_cast<std::ptrdiff_t>(groups));
}

std::optional<PascalNumber> read_pascal(TritView trits) {
  if (trits.size() >= kZero.size() && std::equal(kZero.begin(), kZero.end(), trits.begin())) {
    return PascalNumber{0, kZero.size()};
  }
  std::size_t groups = 0;
  do {
    if (groups == base::limits::kMamNumberGroupsMax || trits.size() < kGroupTrits * (groups + 1)) return std::nullopt;
    ++groups;
  } while (group_value(trits.subspan(kGroupTrits * (groups - 1), kGroupTrits)) <= 0);
  const std::size_t length = (kGroupTrits + 1) * groups;
  if (trits.size() < length) return std::nullopt;

  // The last group is never negated.
  const auto negated = crypto::decode_integer(trits.subspan(kGroupTrits * groups, groups));
  if (*negated < 0 || *negated >> (groups - 1) != 0) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t g = groups; g-- > 0;) {
    const int digit = group_value(trits.subspan(kGroupTrits * g, kGroupTrits));
    value = 27 * value + ((*negated >> g & 1) != 0 ? -digit : digit);
  }
  return PascalNumber{static_cast<std::uint32_t>(value), length};
}

}  // namespace glucoledger::mam
