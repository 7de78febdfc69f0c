// The choice of a table.

#include "CVectorKernels.h"

extern "C" {

const vector_kernels *vector_portable_kernels(void);
#if defined(__x86_64__)
const vector_kernels *vector_avx2_kernels(void);
const vector_kernels *vector_avx512_kernels(void);
#elif defined(__aarch64__)
const vector_kernels *vector_neon_kernels(void);
#endif

const vector_kernels *vector_kernels_for(vector_instructions instructions) {
  switch (instructions) {
    case VECTOR_INSTRUCTIONS_PORTABLE:
      return vector_portable_kernels();
#if defined(__x86_64__)
    case VECTOR_INSTRUCTIONS_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? vector_avx2_kernels() : nullptr;
    case VECTOR_INSTRUCTIONS_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma")
                 ? vector_avx512_kernels()
                 : nullptr;
#elif defined(__aarch64__)
    case VECTOR_INSTRUCTIONS_NEON:
      return vector_neon_kernels();
#endif
    default:
      return nullptr;
  }
}

vector_instructions vector_kernels_best(void) {
  if (vector_kernels_for(VECTOR_INSTRUCTIONS_AVX512)) return VECTOR_INSTRUCTIONS_AVX512;
  if (vector_kernels_for(VECTOR_INSTRUCTIONS_AVX2)) return VECTOR_INSTRUCTIONS_AVX2;
  if (vector_kernels_for(VECTOR_INSTRUCTIONS_NEON)) return VECTOR_INSTRUCTIONS_NEON;
  return VECTOR_INSTRUCTIONS_PORTABLE;
}

}  // extern "C"
