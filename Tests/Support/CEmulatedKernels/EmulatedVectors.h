// What stands for the vector instructions of the kernels: the same in plain C++.
#pragma once

#include <stdint.h>
#include <string.h>

// Vectors of 64 bytes never leave the file that includes this: how they would be passed does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef int32_t EmulatedIntegers __attribute__((vector_size(64), aligned(4), may_alias));
typedef float EmulatedFloats __attribute__((vector_size(64), aligned(4), may_alias));
typedef int16_t EmulatedWords __attribute__((vector_size(64), aligned(2), may_alias));

static inline EmulatedIntegers emulated_dot(EmulatedIntegers sums, EmulatedIntegers bytes, EmulatedIntegers weights) {
  uint8_t left[64];
  int8_t right[64];
  memcpy(left, &bytes, 64);
  memcpy(right, &weights, 64);
  for (int lane = 0; lane < 16; lane++)
    for (int i = 0; i < 4; i++) sums[lane] += left[4 * lane + i] * right[4 * lane + i];
  return sums;
}

// Rounded to the nearest, ties to even.
static inline EmulatedWords emulated_bfloats(EmulatedFloats low, EmulatedFloats high) {
  uint32_t bits[32];
  memcpy(bits, &low, 64);
  memcpy(bits + 16, &high, 64);
  EmulatedWords words;
  for (int i = 0; i < 32; i++) words[i] = static_cast<int16_t>((bits[i] + 0x7FFF + (bits[i] >> 16 & 1)) >> 16);
  return words;
}

#define DOT(sums, bytes, weights) emulated_dot(sums, bytes, weights)
#define TO_BFLOATS(low, high) emulated_bfloats(low, high)
