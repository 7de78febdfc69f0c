// The arithmetic of the vector index on one core: products of a query with many stored vectors.
//
// Stored vectors are int8 codes with one scale a vector, queries int16 with one scale: products are summed in 32 bits and
// exact, so every instruction set gives the same sums. Vectors of floats are multiplied as they are.
//
// A table of functions per instruction set, chosen at run time. No function allocates, keeps state or checks its
// arguments: the caller (VectorIndex) answers for sizes and alignment. All may be called from any number of threads at
// once with different outputs.
#ifndef SWITCHYARD_CVECTORKERNELS_H
#define SWITCHYARD_CVECTORKERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A stored vector is padded with zeros to a multiple of so many numbers, and lies on an address of such a multiple.
#define VECTOR_KERNELS_PADDING 64

// Vectors a block.
#define VECTOR_KERNELS_BLOCK 1024

typedef enum vector_instructions {
  VECTOR_INSTRUCTIONS_PORTABLE = 0,
  VECTOR_INSTRUCTIONS_AVX2 = 1,
  // AVX-512 F and BW.
  VECTOR_INSTRUCTIONS_AVX512 = 2,
  VECTOR_INSTRUCTIONS_NEON = 3,
} vector_instructions;

// VECTOR_KERNELS_BLOCK vectors: their codes one behind the other, and their scales.
typedef struct vector_block {
  int8_t *_Nullable codes;
  float *_Nullable scales;
} vector_block;

typedef struct vector_kernels {
  vector_instructions instructions;
  // output[r] = factor · scales[r] · Σi query[i] · codes[r][i] + margins[r], of rows that lie one behind the other.
  // |Σ| must stay below 2^31.
  void (*_Nonnull bounds)(
      const int16_t *_Nonnull query, const int8_t *_Nonnull codes, const float *_Nonnull scales,
      const float *_Nonnull margins, size_t rows, size_t width, float factor, float *_Nonnull output);
  // output[i] = factor · scale · Σ of the vector at places[i]: block places[i] / VECTOR_KERNELS_BLOCK, row the rest.
  // Rows are fetched ahead, for they lie anywhere.
  void (*_Nonnull likenesses)(
      const int16_t *_Nonnull query, const vector_block *_Nonnull blocks, const uint32_t *_Nonnull places, size_t count,
      size_t width, float factor, float *_Nonnull output);
  // Σi a[i] · b[i], both padded.
  float (*_Nonnull dot)(const float *_Nonnull a, const float *_Nonnull b, size_t width);
} vector_kernels;

// The table of an instruction set; null where this processor or this build lacks it.
const vector_kernels *_Nullable vector_kernels_for(vector_instructions instructions);

// The instruction set to use on this processor.
vector_instructions vector_kernels_best(void);

#ifdef __cplusplus
}
#endif

#endif
