// The kernels for processors with AVX-512 and its int8 dot product (Cascade Lake and later, Zen 4 and later).

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma"))), apply_to = function)

#define KERNELS avx512vnni
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AVX512_VNNI
#define DOT(sums, bytes, weights) (Integers) _mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(bytes), (__m512i)(weights))

#include "VNNIKernels.inc"

namespace avx512vnni {

static const text_kernels table = kernels_table(linear, attention);

}  // namespace avx512vnni

#pragma clang attribute pop

extern "C" const text_kernels *text_avx512_vnni_kernels(void) { return &avx512vnni::table; }

#endif
