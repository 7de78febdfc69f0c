// The kernels for 64-bit Arm with the int8 dot product (Armv8.2 and later: Graviton 2, Apple M1, Ampere Altra).

#if defined(__aarch64__)

#include <arm_neon.h>

#if defined(__APPLE__)
#define DOT_PRODUCT "dotprod"
#else
#define DOT_PRODUCT "arch=armv8.2-a+dotprod"
#endif

#pragma clang attribute push(__attribute__((target(DOT_PRODUCT))), apply_to = function)

#define KERNELS neon
#define INSTRUCTIONS TEXT_INSTRUCTIONS_NEON
#define LANES 4
#define TILE_ROWS 6
#define TILE_PANELS 1
#define VALUE_BYTES 1

#include "Kernels.inc"

namespace neon {

static void encode_row(const float *values, size_t width, float factor, void *memory, size_t row, size_t) {
  int8_t *output = static_cast<int8_t *>(memory) + row * row_stride(width);
  for (size_t i = 0; i < padded_width(width); i++) {
    float value = i < width ? values[i] * factor : 0.0f;
    output[i] = static_cast<int8_t>(lrintf(value));
  }
}

INLINE const void *prepare_panel(const text_linear &, const int8_t *panel, void *) { return panel; }

template <int R, int P>
INLINE void dot_tile(
    const text_linear &job, size_t row, const void *const *panels, const int32_t *const *,
    Integers (&sums)[R][P * vectors_a_panel]) {
  int32x4_t totals[R][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) totals[r][v] = vdupq_n_s32(0);
  const int8_t *panel = static_cast<const int8_t *>(panels[0]);
  RowPointers<R> values(job, row);
  for (size_t k = 0; k < job.width; k += 4, panel += 64, values.advance(4)) {
    int8x16_t weights[4];
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) weights[v] = vld1q_s8(panel + 16 * v);
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) {
      int8x16_t value = vreinterpretq_s8_s32(vdupq_n_s32(values.four(r)));
#pragma clang loop unroll(full)
      for (int v = 0; v < 4; v++) totals[r][v] = vdotq_s32(totals[r][v], weights[v], value);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) sums[r][v] = (Integers)totals[r][v];
}

static const text_kernels table = kernels_table(linear, attention);

}  // namespace neon

#pragma clang attribute pop

extern "C" const text_kernels *text_neon_kernels(void) { return &neon::table; }

#endif
