// MAM's stream cipher: a chunk of plaintext is added, trit by trit, to the sponge's rate, and then absorbed.
//
// Any length, in chunks of 243; a shorter last chunk absorbs only its own length. Both work in place, without a heap.
#pragma once

#include "crypto/curl.h"

namespace glucoledger::mam {

void mask(crypto::Curl& sponge, std::span<crypto::Trit> text);
void unmask(crypto::Curl& sponge, std::span<crypto::Trit> text);

}  // namespace glucoledger::mam
