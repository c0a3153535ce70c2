// Included before everything else where the AVX-512 kernel is built for MemorySanitizer, which does not know these
// instructions: it would report each ternary logic, and leave the marks of permuted bytes where they were. So they are
// spelled out in operations that it follows, of which none is a branch or an address either.
#pragma once

#include <immintrin.h>

#define GLUCOLEDGER_AVX512 __attribute__((target("avx512f,avx512bw"), always_inline)) inline

template <int kTable>
GLUCOLEDGER_AVX512 __m512i spelled_ternary_logic(__m512i a, __m512i b, __m512i c) {
  const __m512i ones = _mm512_set1_epi64(-1);
  __m512i result = _mm512_setzero_si512();
  for (int row = 0; row < 8; ++row) {
    if ((kTable >> row & 1) == 0) continue;
    const __m512i in_row =
        ((row & 4) != 0 ? a : a ^ ones) & ((row & 2) != 0 ? b : b ^ ones) & ((row & 1) != 0 ? c : c ^ ones);
    result |= in_row;
  }
  return result;
}

// Of 64 or 128 bytes, those that `indexes` name.
template <unsigned kBytes>
GLUCOLEDGER_AVX512 __m512i spelled_permutation(__m512i first, __m512i indexes, __m512i second) {
  unsigned char table[128];
  unsigned char index[64];
  unsigned char result[64];
  __builtin_memcpy(table, &first, 64);
  __builtin_memcpy(table + 64, &second, 64);
  __builtin_memcpy(index, &indexes, 64);
  for (int i = 0; i < 64; ++i) result[i] = table[index[i] % kBytes];
  __m512i permuted;
  __builtin_memcpy(&permuted, result, 64);
  return permuted;
}

#undef _mm512_ternarylogic_epi64
#define _mm512_ternarylogic_epi64(a, b, c, table) spelled_ternary_logic<(table)>(a, b, c)
#define _mm512_permutex2var_epi8(first, indexes, second) spelled_permutation<128>(first, indexes, second)
#define _mm512_permutexvar_epi8(indexes, bytes) spelled_permutation<64>(bytes, indexes, bytes)
