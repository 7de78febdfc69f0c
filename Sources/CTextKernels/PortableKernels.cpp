// The kernels in plain C++, for any processor; also what the others are tested against.

#define KERNELS portable
#define INSTRUCTIONS TEXT_INSTRUCTIONS_PORTABLE
#define LANES 4
#define TILE_ROWS 4
#define TILE_PANELS 1
#define VALUE_BYTES 2

#include "Kernels.inc"

namespace portable {

static void encode_row(const float *values, size_t width, float factor, void *memory, size_t row, size_t) {
  int16_t *output =
      reinterpret_cast<int16_t *>(static_cast<uint8_t *>(memory) + row * row_stride(width));
  for (size_t i = 0; i < padded_width(width); i++) {
    float value = i < width ? values[i] * factor : 0.0f;
    output[i] = static_cast<int16_t>(static_cast<int32_t>(value + (value < 0 ? -0.5f : 0.5f)));
  }
}

INLINE const void *prepare_panel(const text_linear &, const int8_t *panel, void *) { return panel; }

template <int R, int P>
INLINE void dot_tile(
    const text_linear &job, size_t row, const void *const *panels, const int32_t *const *,
    Integers (&sums)[R][P * vectors_a_panel]) {
  int32_t totals[R][TEXT_KERNELS_PANEL] = {};
  const int8_t *panel = static_cast<const int8_t *>(panels[0]);
  size_t stride = row_stride(job.width);
  const uint8_t *rows = static_cast<const uint8_t *>(job.input) + row * stride;
  for (size_t k = 0; k < job.width; k += 4, panel += 4 * TEXT_KERNELS_PANEL)
    for (int r = 0; r < R; r++) {
      const int16_t *x = reinterpret_cast<const int16_t *>(rows + r * stride) + k;
      for (int c = 0; c < TEXT_KERNELS_PANEL; c++)
        totals[r][c] +=
            x[0] * panel[4 * c] + x[1] * panel[4 * c + 1] + x[2] * panel[4 * c + 2] + x[3] * panel[4 * c + 3];
    }
  memcpy(sums, totals, sizeof totals);
}

static const text_kernels table = kernels_table(linear, attention);

}  // namespace portable

extern "C" const text_kernels *text_portable_kernels(void) { return &portable::table; }
