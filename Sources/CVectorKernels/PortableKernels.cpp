// The kernels in plain C++, for any processor; also what the others are tested against.

#include <stdint.h>

typedef int16_t PortableHalves __attribute__((vector_size(16)));
typedef int32_t PortableIntegers __attribute__((vector_size(16)));

static inline PortableIntegers portable_pairs(PortableHalves a, PortableHalves b) {
  PortableIntegers sums;
  for (int i = 0; i < 4; i++) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sums;
}

#define KERNELS portable
#define INSTRUCTIONS VECTOR_INSTRUCTIONS_PORTABLE
#define LANES 4
#define PAIRS(a, b) portable_pairs(a, b)

#include "VectorKernels.inc"

extern "C" const vector_kernels *vector_portable_kernels(void) { return &portable::table; }
