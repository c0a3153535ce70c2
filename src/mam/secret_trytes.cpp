#include <algorithm>

#include "base/declassify.h"
#include "base/random.h"
#include "mam/mam.h"

namespace glucoledger::mam {

Result<SecretTrytes> SecretTrytes::from_trytes(std::string_view trytes) {
  if (trytes.empty() || trytes.size() > crypto::kHashTrytes || !crypto::is_trytes(trytes)) {
    return fail(ErrorCode::kInputRefused, "a seed or side key is 1 to 81 of the letters A to Z and 9");
  }
  SecretBytes bytes(crypto::kHashTrytes);
  std::fill_n(bytes.data(), bytes.size(), static_cast<std::uint8_t>('9'));
  std::copy(trytes.begin(), trytes.end(), bytes.data());
  return SecretTrytes(std::move(bytes));
}

Result<SecretTrytes> SecretTrytes::from_text(std::string_view text, std::size_t length_min) {
  for (const char end : {'\n', '\r'}) {
    if (!text.empty() && base::declassified(text.back() == end)) text.remove_suffix(1);
  }
  if (text.size() < length_min) return fail(ErrorCode::kInputRefused, "a seed or side key is shorter than it must be");
  return from_trytes(text);
}

SecretTrytes SecretTrytes::random() {
  constexpr int kRadix = 27;
  constexpr int kBound = 256 - 256 % kRadix;  // bytes from here on would make some trytes likelier
  SecretBytes bytes(crypto::kHashTrytes);
  for (std::size_t i = 0; i < bytes.size();) {
    const SecretBytes drawn = base::random_secret(bytes.size());
    for (std::size_t k = 0; k < drawn.size() && i < bytes.size(); ++k) {
      const int byte = drawn.data()[k];
      if (base::declassified(byte < kBound)) {
        bytes.data()[i++] = static_cast<std::uint8_t>(crypto::tryte_of_digit(byte % kRadix));
      }
    }
  }
  return SecretTrytes(std::move(bytes));
}

SecretTrytes SecretTrytes::nines() {
  SecretBytes bytes(crypto::kHashTrytes);
  std::fill_n(bytes.data(), bytes.size(), static_cast<std::uint8_t>('9'));
  return SecretTrytes(std::move(bytes));
}

SecretTrytes SecretTrytes::clone() const {
  return SecretTrytes(bytes_.clone());
}

}  // namespace glucoledger::mam
