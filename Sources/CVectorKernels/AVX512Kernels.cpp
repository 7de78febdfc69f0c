// The kernels for processors with AVX-512 F and BW (Skylake-SP and later, Zen 4 and later).

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx2,fma"))), apply_to = function)

#define KERNELS avx512
#define INSTRUCTIONS VECTOR_INSTRUCTIONS_AVX512
#define LANES 16
#define PAIRS(a, b) _mm512_madd_epi16((__m512i)(a), (__m512i)(b))

#include "VectorKernels.inc"

#pragma clang attribute pop

extern "C" const vector_kernels *vector_avx512_kernels(void) { return &avx512::table; }

#endif
