// The kernels for 64-bit Arm.

#if defined(__aarch64__)

#include <arm_neon.h>

#define KERNELS neon
#define INSTRUCTIONS VECTOR_INSTRUCTIONS_NEON
#define LANES 4
#define PAIRS(a, b) \
  vmlal_high_s16( \
      vmull_s16(vget_low_s16((int16x8_t)(a)), vget_low_s16((int16x8_t)(b))), (int16x8_t)(a), (int16x8_t)(b))

#include "VectorKernels.inc"

extern "C" const vector_kernels *vector_neon_kernels(void) { return &neon::table; }

#endif
