#include <algorithm>

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

SecretTrytes SecretTrytes::random() {
  SecretBytes bytes(crypto::kHashTrytes);
  std::generate_n(bytes.data(), bytes.size(), [] {
    const auto index = base::random_below(static_cast<std::uint32_t>(crypto::kTryteAlphabet.size()));
    return static_cast<std::uint8_t>(crypto::kTryteAlphabet[index]);
  });
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
