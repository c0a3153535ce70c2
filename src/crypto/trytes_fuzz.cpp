// Whatever a decoder of trytes accepts has one form only: encoding it again gives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/trytes.h"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  const ByteView bytes{data, size};
  const std::string_view text = base::as_text(bytes);
  if (const auto hash = crypto::Hash::from_trytes(text)) {
    expect(hash->trytes() == text && crypto::Hash::from_trits(hash->trits()) == *hash);
  }
  if (crypto::is_trytes(text)) expect(crypto::trytes_from_trits(crypto::trits_from_trytes(text)) == text);
  if (const auto ascii = crypto::ascii_from_trytes(text)) expect(crypto::trytes_from_ascii(*ascii) == text);
  if (const auto trytes = crypto::trytes_from_ascii(text)) expect(crypto::ascii_from_trytes(*trytes) == text);
  if (const auto decoded = crypto::b1t6_decode(text)) expect(crypto::b1t6_encode(*decoded) == text);
  expect(crypto::b1t6_decode(crypto::b1t6_encode(bytes)) == Bytes(bytes.begin(), bytes.end()));
  for (std::size_t padding = 0; padding < 5 && padding <= 5 * size; ++padding) {
    const auto trits = crypto::unpack_trits(bytes, 5 * size - padding);
    if (trits) expect(crypto::pack_trits(*trits) == Bytes(bytes.begin(), bytes.end()));
  }
  return 0;
}
