// Any payload is opened or refused as corrupt, in bounded memory; what opens is no longer than what came.
//
// Signatures cannot be guessed, so nothing but the start of the corpus opens: the fuzzer's work is before that, in the
// lengths, the masks and the security level.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mam/mam.h"
#include "mam/pascal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  static const mam::Channel kChannel{*mam::SecretTrytes::from_trytes("SEED"),
                                     *mam::SecretTrytes::from_trytes("SIDE9KEY")};
  static const crypto::Hash kRoot = mam::root_at(kChannel, 0);
  std::string payload(base::as_text({data, size}));
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto opened = mam::open(payload, kRoot, kChannel.mode, kChannel.side_key);
    if (!opened && opened.error().code != ErrorCode::kCorrupt) std::abort();
    if (opened && opened->message_trytes.size() > payload.size()) std::abort();
    // And again with every byte made a tryte, so that all of them get past the first check.
    for (char& c : payload) c = crypto::kTryteAlphabet[static_cast<unsigned char>(c) % crypto::kTryteAlphabet.size()];
  }
  const crypto::Trits trits = crypto::trits_from_trytes(payload);
  if (const auto number = mam::read_pascal(trits)) {
    crypto::Trits encoded;
    mam::append_pascal(number->value, encoded);
    if (encoded.size() != number->length_trits || number->length_trits > trits.size()) std::abort();
  }
  return 0;
}
