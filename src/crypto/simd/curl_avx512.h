// Curl-P states in AVX-512 registers: Kernel::transform, hash and hash_links. To be called only where
// kernel_avx512.cpp finds the CPU fit.
#pragma once

#include "crypto/links.h"

namespace glucoledger::crypto::simd {

void transform_register(std::int8_t* state, int rounds);
void hash_in_registers(const std::int8_t* inputs, std::size_t length, std::size_t count, int rounds,
                       std::int8_t* hashes);
void hash_links_in_registers(Link* links, std::size_t count);

}  // namespace glucoledger::crypto::simd
