// The kernels for processors with AVX2 and FMA but no int8 dot product.
//
// vpmaddwd multiplies int16 and adds pairs exactly. vpmaddubsw would take int8 as it is, but its sums of pairs saturate
// at 16 bits, so activations would have to give up a bit, for no more products a cycle on a core with two multipliers:
// the panel is widened to int16 once (it then lies in the first two caches) and used for all rows.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define KERNELS avx2
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AVX2
#define LANES 8
#define TILE_ROWS 6
#define TILE_PANELS 1

#include "Kernels.inc"

namespace avx2 {

static void encode_row(
    const float *row, size_t width, float factor, uint8_t *output, size_t stride) {
  typedef int16_t Halves __attribute__((vector_size(LANES * 2), aligned(2), may_alias));
  int16_t *values = reinterpret_cast<int16_t *>(output);
  size_t i = 0;
  for (; i + LANES <= width; i += LANES) {
    Floats value = load(row + i);
    *reinterpret_cast<Halves *>(values + i) = __builtin_convertvector(to_integers(value * factor), Halves);
  }
  for (; i < stride / 2; i++) {
    float value = i < width ? row[i] * factor : 0.0f;
    values[i] = static_cast<int16_t>(lrintf(value));
  }
}

// [width / 4][16][4] int8 → [width / 2][16][2] int16
INLINE const void *prepare_panel(const int8_t *panel, size_t width, void *scratch) {
  const __m256i low = _mm256_setr_epi8(
      -1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1,
      13);
  const __m256i high = _mm256_setr_epi8(
      -1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15, -1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14,
      -1, 15);
  __m256i *output = static_cast<__m256i *>(scratch);
  for (size_t k = 0; k < width; k += 4, panel += 64, output += 4) {
    __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(panel));
    __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(panel + 32));
    _mm256_store_si256(output, _mm256_srai_epi16(_mm256_shuffle_epi8(first, low), 8));
    _mm256_store_si256(output + 1, _mm256_srai_epi16(_mm256_shuffle_epi8(second, low), 8));
    _mm256_store_si256(output + 2, _mm256_srai_epi16(_mm256_shuffle_epi8(first, high), 8));
    _mm256_store_si256(output + 3, _mm256_srai_epi16(_mm256_shuffle_epi8(second, high), 8));
  }
  return scratch;
}

template <int R, int P>
INLINE void dot_tile(
    const uint8_t *rows, size_t stride, const void *const *panels, size_t width, const int32_t *const *,
    Integers (&sums)[R][P * vectors_a_panel]) {
  __m256i totals[R][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) totals[r][0] = totals[r][1] = _mm256_setzero_si256();
  const __m256i *panel = static_cast<const __m256i *>(panels[0]);
  RowPointers<R> row(rows, stride);
#pragma clang loop unroll_count(2)
  for (size_t k = 0; k < width; k += 2, panel += 2, row.advance(4)) {
    __m256i first = _mm256_load_si256(panel);
    __m256i second = _mm256_load_si256(panel + 1);
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) {
      __m256i value = _mm256_set1_epi32(row.four(r));
      totals[r][0] = _mm256_add_epi32(totals[r][0], _mm256_madd_epi16(value, first));
      totals[r][1] = _mm256_add_epi32(totals[r][1], _mm256_madd_epi16(value, second));
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) {
    sums[r][0] = (Integers)totals[r][0];
    sums[r][1] = (Integers)totals[r][1];
  }
}

static const text_kernels table = kernels_table(linear, attention);

}  // namespace avx2

#pragma clang attribute pop

extern "C" const text_kernels *text_avx2_kernels(void) { return &avx2::table; }

#endif
