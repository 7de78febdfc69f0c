#include "CEmulatedVectorKernels.h"

// Vectors of 64 bytes never leave this file: how they would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define KERNELS emulatedavx512
#define INSTRUCTIONS VECTOR_INSTRUCTIONS_AVX512
#define LANES 16
#define PAIRS(a, b) emulated_pairs(a, b)

typedef int16_t EmulatedHalves __attribute__((vector_size(64), aligned(2), may_alias));
typedef int32_t EmulatedIntegers __attribute__((vector_size(64), aligned(4), may_alias));

static EmulatedIntegers emulated_pairs(EmulatedHalves a, EmulatedHalves b) {
  EmulatedIntegers sums;
  for (int i = 0; i < 16; i++) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sums;
}

#include "../../../Sources/CVectorKernels/VectorKernels.inc"

extern "C" const vector_kernels *vector_emulated_avx512_kernels(void) { return &emulatedavx512::table; }
