#include "CEmulatedKernels.h"

// Vectors of 64 bytes never leave this file: how they would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#include <string.h>

#define KERNELS emulatedvnni
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AVX512_VNNI
#define DOT(sums, bytes, weights) emulated_dot(sums, bytes, weights)

typedef int32_t EmulatedIntegers __attribute__((vector_size(64), aligned(4), may_alias));

static EmulatedIntegers emulated_dot(EmulatedIntegers sums, EmulatedIntegers bytes, EmulatedIntegers weights) {
  uint8_t left[64];
  int8_t right[64];
  memcpy(left, &bytes, 64);
  memcpy(right, &weights, 64);
  for (int lane = 0; lane < 16; lane++)
    for (int i = 0; i < 4; i++) sums[lane] += left[4 * lane + i] * right[4 * lane + i];
  return sums;
}

#include "../../../Sources/CTextKernels/VNNIKernels.inc"

extern "C" const text_kernels *text_emulated_vnni_kernels(void) { return &emulatedvnni::table; }
