// The arithmetic of a transformer encoder on one core: int8 matrix products, attention, normalisation.
//
// A table of functions per instruction set, chosen at run time. Every table computes the same: integer sums are equal to
// the bit, floating-point results differ by rounding only: to single precision (1e-4 relative), and in the attention of
// AMX to bfloat16 (3e-2 of the largest value; a cosine to single precision from 0.9999 on). Matrices are rows of floats;
// weights are int8 with one scale a row of the original matrix (an output channel), activations int8 with one scale a
// token.
//
// No function allocates, keeps state or checks its arguments: the caller (TextEncoder) answers for sizes and alignment.
// All may be called from any number of threads at once with different outputs and scratch. AMX has state a thread, 8 KiB of
// tiles, for as long as a call lasts.
//
// Weights are packed in panels of 16 output channels: [channels / 16][width / 4][16][4] int8, channels padded to a
// multiple of 16 and the width to one of 4 with zeros. All instruction sets read this one layout, so a packed file fits
// every machine.
#ifndef SWITCHYARD_CTEXTKERNELS_H
#define SWITCHYARD_CTEXTKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Output channels a panel.
#define TEXT_KERNELS_PANEL 16

typedef enum text_instructions {
  TEXT_INSTRUCTIONS_PORTABLE = 0,
  TEXT_INSTRUCTIONS_AVX2 = 1,
  TEXT_INSTRUCTIONS_AVX512_VNNI = 2,
  TEXT_INSTRUCTIONS_NEON = 3,
  TEXT_INSTRUCTIONS_AMX = 4,
} text_instructions;

typedef enum text_activation {
  TEXT_ACTIVATION_NONE = 0,
  // x · Φ(x), with Φ to 1e-5.
  TEXT_ACTIVATION_GELU = 1,
  TEXT_ACTIVATION_TANH = 2,
  TEXT_ACTIVATION_RELU = 3,
} text_activation;

// output[r][c] = activation(Σk input[r][k] · weight[c][k] + bias[c])
typedef struct text_linear {
  // What `quantize` of the same table wrote, and its scales.
  const void *_Nonnull input;
  const float *_Nonnull input_scales;
  // As many as were quantized; at most 65 535.
  size_t rows;
  size_t width;
  const int8_t *_Nonnull panels;
  // A scale and the sum of the int8 weights a channel, padded to whole panels.
  const float *_Nonnull scales;
  const int32_t *_Nonnull sums;
  // Padded to whole panels; null: none.
  const float *_Nullable bias;
  size_t channels;
  text_activation activation;
  float *_Nonnull output;
  size_t output_stride;
  // text_linear_scratch(rows, width) bytes, aligned to 64.
  void *_Nonnull scratch;
} text_linear;

// Softmax attention over all heads; a token attends to those at most `window` places away (0: to all).
typedef struct text_attention {
  // Rows of queries, keys and values of all heads, `stride` floats apart.
  const float *_Nonnull queries;
  const float *_Nonnull keys;
  const float *_Nonnull values;
  size_t stride;
  size_t rows;
  size_t heads;
  // A multiple of 16.
  size_t head_width;
  float scale;
  size_t window;
  float *_Nonnull output;
  size_t output_stride;
  // text_attention_scratch(rows, head_width) bytes, aligned to 64.
  void *_Nonnull scratch;
} text_attention;

typedef struct text_kernels {
  text_instructions instructions;
  // Int8 values with one scale a row, written to `output` in this table's own form: text_quantized_size(rows, width)
  // bytes, aligned to 64.
  void (*_Nonnull quantize)(
      const float *_Nonnull input, size_t stride, size_t rows, size_t width, void *_Nonnull output,
      float *_Nonnull scales);
  void (*_Nonnull linear)(const text_linear *_Nonnull job);
  void (*_Nonnull attention)(const text_attention *_Nonnull job);
  // output = (x - mean) / √(variance + epsilon) · gamma + beta with x = input + residual. `residual` and `beta` may be
  // null; `output` may be `input` or `residual`; `sum`, if not null, gets x.
  void (*_Nonnull layer_norm)(
      const float *_Nonnull input, const float *_Nullable residual, size_t rows, size_t width,
      const float *_Nonnull gamma, const float *_Nullable beta, float epsilon, float *_Nullable sum,
      float *_Nonnull output);
  // output[r][i] = gelu(input[r][i]) · input[r][width + i]; input rows are 2 · width wide.
  void (*_Nonnull gated_gelu)(const float *_Nonnull input, size_t rows, size_t width, float *_Nonnull output);
  // Rotary position embedding in place, first half of a head against its second: `cosines` and `sines` are
  // [rows][head_width / 2].
  void (*_Nonnull rotate)(
      float *_Nonnull values, size_t stride, size_t rows, size_t heads, size_t head_width,
      const float *_Nonnull cosines, const float *_Nonnull sines);
  // output[c] += Σr input[r][c]
  void (*_Nonnull add_rows)(const float *_Nonnull input, size_t rows, size_t width, float *_Nonnull output);
  // output[r][c] = activation(Σk input[r][k] · weights[c][k] + bias[c]), all in float.
  void (*_Nonnull dense)(
      const float *_Nonnull input, size_t rows, size_t width, const float *_Nonnull weights,
      const float *_Nullable bias, size_t channels, text_activation activation, float *_Nonnull output);
} text_kernels;

// The table of an instruction set; null where this processor or this build lacks it.
const text_kernels *_Nullable text_kernels_for(text_instructions instructions);

// The instruction set to use on this processor.
text_instructions text_kernels_best(void);

// Bytes that quantized rows take, whatever the table.
static inline size_t text_quantized_size(size_t rows, size_t width) { return rows * (3 * ((width + 31) / 32 * 32) + 8); }

// Bytes of scratch that `linear` needs.
static inline size_t text_linear_scratch(size_t rows, size_t width) {
  return 16 * ((width + 7) / 8 * 8) + 64 * rows + 16384;
}

// Bytes of scratch that `attention` needs.
static inline size_t text_attention_scratch(size_t rows, size_t head_width) {
  size_t padded = (rows + 63) / 32 * 32 + 16;
  return 4 * padded * (head_width + 32) + 64 * head_width + 8192;
}

// Packs a matrix of floats, [channels][width], as int8 panels: each channel's weights are rounded to [-127, 127] by the
// channel's own scale. `panels` holds channels and width padded; `scales` and `sums` whole panels.
void text_pack_weights(
    const float *_Nonnull weights, size_t channels, size_t width, int8_t *_Nonnull panels, float *_Nonnull scales,
    int32_t *_Nonnull sums);

// A 64-bit checksum of bytes against damage, not against forgery: four lanes of multiply and rotate, 8 bytes each.
uint64_t text_checksum(const void *_Nonnull bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif
