// One Curl-P state in AVX-512 registers: Kernel::transform. Call it only where kernel_avx512.cpp finds the CPU fit.
#pragma once

#include <cstdint>

namespace glucoledger::crypto::simd {

void transform_register(std::int8_t* state, int rounds);

}  // namespace glucoledger::crypto::simd
