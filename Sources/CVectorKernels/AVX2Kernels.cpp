// The kernels for processors with AVX2 and FMA.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define KERNELS avx2
#define INSTRUCTIONS VECTOR_INSTRUCTIONS_AVX2
#define LANES 8
#define PAIRS(a, b) _mm256_madd_epi16((__m256i)(a), (__m256i)(b))

#include "VectorKernels.inc"

#pragma clang attribute pop

extern "C" const vector_kernels *vector_avx2_kernels(void) { return &avx2::table; }

#endif
