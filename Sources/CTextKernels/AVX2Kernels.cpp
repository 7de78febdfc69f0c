// The kernels for processors with AVX2 and FMA but no int8 dot product.
//
// vpmaddubsw multiplies unsigned by signed bytes and adds pairs to 16 bits, where they saturate: the sum of two such, four
// products a lane, is exact only while it stays below 2^15. Weights are the unsigned side, plus 128, so at most 255: sums
// are exact where the positive activations of a lane's four, and the negative ones, come to 128 at most. Activations
// are made so when they are quantized: where eight of them would break the bound, four or all are left out of the row, go
// to a list and are multiplied on their own, exactly: one in forty of all-MiniLM-L6-v2's. Two of vpmaddubsw, a sum, a
// vpmaddwd and a sum then do what takes four of vpmaddwd and four sums where values are widened to 16 bits.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define KERNELS avx2
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AVX2
#define LANES 8
#define TILE_ROWS 10
#define FLOAT_TILE_ROWS 6
#define TILE_PANELS 1
#define VALUE_BYTES 1

#include "Kernels.inc"

namespace avx2 {

// What a lane's products are bounded by: the sum of the positive or of the negative ones of its four values.
constexpr int lane_bound = 128;

// Four values that a row's products leave out.
struct Apart {
  uint16_t row;
  // The first one's, divided by four.
  uint16_t place;
  int32_t values;
};

// What `quantize` writes: [rows][padded] values, a start a row, how many are apart, those.
struct QuantizedRows {
  int8_t *values;
  size_t padded;
  // -128 times the sum of a row's values: takes off again what is added to weights.
  int32_t *starts;
  int32_t *count;
  Apart *apart;

  INLINE_METHOD QuantizedRows(const void *memory, size_t rows, size_t width) {
    values = static_cast<int8_t *>(const_cast<void *>(memory));
    padded = padded_width(width);
    starts = reinterpret_cast<int32_t *>(values + rows * padded);
    count = starts + rows;
    apart = reinterpret_cast<Apart *>(count + 1);
  }
};

INLINE __m256i rounded(const float *from, float factor) { return (__m256i)to_integers(load(from) * factor); }

// 32 values of a row, from the place on; those apart are left out. Returns sums of what stays.
INLINE __m256i encode_values(const float *from, float factor, const QuantizedRows &output, size_t row, size_t place) {
  const __m256i ones = _mm256_set1_epi8(1);
  const __m256i bound = _mm256_set1_epi16(lane_bound);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  __m256i low = _mm256_packs_epi32(rounded(from, factor), rounded(from + 8, factor));
  __m256i high = _mm256_packs_epi32(rounded(from + 16, factor), rounded(from + 24, factor));
  __m256i values = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
  __m256i positive = _mm256_max_epi8(values, _mm256_setzero_si256());
  // Pairs' sums of magnitudes, alone and with those of the other four of eight.
  __m256i sums[2] = {
      _mm256_maddubs_epi16(positive, ones), _mm256_maddubs_epi16(_mm256_sub_epi8(positive, values), ones)};
  __m256i both[2];
  for (int i = 0; i < 2; i++) both[i] = _mm256_add_epi16(sums[i], _mm256_shuffle_epi32(sums[i], 0xB1));
  __m256i over = _mm256_cmpgt_epi16(_mm256_max_epi16(both[0], both[1]), bound);
  if (__builtin_expect(!_mm256_testz_si256(over, over), 0)) {
    const __m256i none = _mm256_setzero_si256();
    __m256i alone = _mm256_cmpgt_epi16(_mm256_max_epi16(sums[0], sums[1]), bound);
    // A bit for each four: those that break the bound alone, and where no four of eight does, the second.
    unsigned fours = ~_mm256_movemask_ps((__m256)_mm256_cmpeq_epi32(alone, none)) & 0xFF;
    unsigned eights = ~_mm256_movemask_ps((__m256)_mm256_cmpeq_epi32(over, none)) & 0xAA;
    unsigned taken = fours | (eights & ~(fours | fours << 1));
    alignas(32) int32_t all[8];
    _mm256_store_si256(reinterpret_cast<__m256i *>(all), values);
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i chosen = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(taken), bits), bits);
    values = _mm256_andnot_si256(chosen, values);
    for (; taken != 0; taken &= taken - 1) {
      int four = __builtin_ctz(taken);
      output.apart[(*output.count)++] = {
          static_cast<uint16_t>(row), static_cast<uint16_t>(place / 4 + four), all[four]};
    }
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(output.values + row * output.padded + place), values);
  return _mm256_madd_epi16(_mm256_maddubs_epi16(ones, values), _mm256_set1_epi16(1));
}

static void encode_row(const float *values, size_t width, float factor, void *memory, size_t row, size_t rows) {
  QuantizedRows output(memory, rows, width);
  if (row == 0) *output.count = 0;
  __m256i sums = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= width; i += 32)
    sums = _mm256_add_epi32(sums, encode_values(values + i, factor, output, row, i));
  if (i < width) {
    float rest[32] = {};
    memcpy(rest, values + i, (width - i) * sizeof(float));
    sums = _mm256_add_epi32(sums, encode_values(rest, factor, output, row, i));
  }
  output.starts[row] = -128 * __builtin_reduce_add((Integers)sums);
}

INLINE __m256i *vectors(void *from) { return static_cast<__m256i *>(from); }
INLINE const __m256i *vectors(const void *from) { return static_cast<const __m256i *>(from); }

// A panel made ready for all rows: its weights plus 128, half of the channels behind the other, each filled up to
// whole steps of eight; and behind them, [rows][16], what sums start with.
struct PreparedPanel {
  __m256i *halves[2];
  __m256i *starts;

  INLINE_METHOD PreparedPanel(const void *memory, size_t width) {
    halves[0] = vectors(const_cast<void *>(memory));
    halves[1] = halves[0] + (width + 7) / 8 * 2;
    starts = halves[1] + (width + 7) / 8 * 2;
  }
};

INLINE const void *prepare_panel(const text_linear &job, const int8_t *panel, void *scratch) {
  const __m256i sign = _mm256_set1_epi8(-128);
  const __m256i ones = _mm256_set1_epi16(1);
  PreparedPanel output(scratch, job.width);
  const __m256i *weights = vectors(panel);
  size_t fours = (job.width + 3) / 4;
  for (size_t i = 0; i < fours; i++)
    for (int v = 0; v < 2; v++)
      _mm256_store_si256(output.halves[v] + i, _mm256_xor_si256(_mm256_loadu_si256(weights + 2 * i + v), sign));
  if (fours % 2 != 0)
    for (int v = 0; v < 2; v++) _mm256_store_si256(output.halves[v] + fours, sign);
  QuantizedRows input(job.input, job.rows, job.width);
  for (size_t r = 0; r < job.rows; r++)
    for (int v = 0; v < 2; v++) _mm256_store_si256(output.starts + 2 * r + v, _mm256_set1_epi32(input.starts[r]));
  // What was left out: magnitudes by weights with the values' signs. Pairs of them stay below 2^15.
  for (const Apart *apart = input.apart, *end = apart + *input.count; apart < end; apart++) {
    __m256i values = _mm256_set1_epi32(apart->values);
    __m256i magnitudes = _mm256_abs_epi8(values);
    for (int v = 0; v < 2; v++) {
      __m256i signs = _mm256_sign_epi8(_mm256_loadu_si256(weights + 2 * apart->place + v), values);
      __m256i sums = _mm256_madd_epi16(_mm256_maddubs_epi16(magnitudes, signs), ones);
      __m256i *start = output.starts + 2 * apart->row + v;
      _mm256_store_si256(start, _mm256_add_epi32(_mm256_load_si256(start), sums));
    }
  }
  return scratch;
}

// A half of the panel at a time: the sums of all rows then stay in registers.
template <int R, int P>
INLINE void dot_tile(
    const text_linear &job, size_t row, const void *const *panels, const int32_t *const *,
    Integers (&sums)[R][P * vectors_a_panel]) {
  const __m256i ones = _mm256_set1_epi16(1);
  PreparedPanel panel(panels[0], job.width);
#pragma clang loop unroll(full)
  for (int v = 0; v < 2; v++) {
    __m256i totals[R];
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) totals[r] = panel.starts[2 * (row + r) + v];
    RowPointers<R> values(job, row);
    const __m256i *weights = panel.halves[v];
    for (size_t k = 0; k < job.width; k += 8, weights += 2, values.advance(8)) {
      __m256i first = _mm256_load_si256(weights);
      __m256i second = _mm256_load_si256(weights + 1);
#pragma clang loop unroll(full)
      for (int r = 0; r < R; r++) {
        __m256i pairs = _mm256_add_epi16(
            _mm256_maddubs_epi16(first, _mm256_set1_epi32(values.four(r))),
            _mm256_maddubs_epi16(second, _mm256_set1_epi32(values.four(r, 4))));
        totals[r] = _mm256_add_epi32(totals[r], _mm256_madd_epi16(pairs, ones));
      }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) sums[r][v] = (Integers)totals[r];
  }
}

static const text_kernels table = kernels_table(linear, attention);

}  // namespace avx2

#pragma clang attribute pop

extern "C" const text_kernels *text_avx2_kernels(void) { return &avx2::table; }

#endif
