// The choice of a table, and what is done once a model: packing weights, checking a file.

#include <math.h>
#include <string.h>

#include "CTextKernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

extern "C" {

const text_kernels *text_portable_kernels(void);
#if defined(__x86_64__)
const text_kernels *text_avx2_kernels(void);
const text_kernels *text_avx512_vnni_kernels(void);
const text_kernels *text_amx_kernels(void);
#elif defined(__aarch64__)
const text_kernels *text_neon_kernels(void);
#endif

const text_kernels *text_kernels_for(text_instructions instructions) {
  switch (instructions) {
    case TEXT_INSTRUCTIONS_PORTABLE:
      return text_portable_kernels();
#if defined(__x86_64__)
    case TEXT_INSTRUCTIONS_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? text_avx2_kernels() : nullptr;
    case TEXT_INSTRUCTIONS_AVX512_VNNI:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vnni")
                 ? text_avx512_vnni_kernels()
                 : nullptr;
    case TEXT_INSTRUCTIONS_AMX:
      return text_kernels_for(TEXT_INSTRUCTIONS_AVX512_VNNI) ? text_amx_kernels() : nullptr;
#elif defined(__aarch64__)
    case TEXT_INSTRUCTIONS_NEON:
#if defined(__linux__)
      return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? text_neon_kernels() : nullptr;
#else
      return text_neon_kernels();
#endif
#endif
    default:
      return nullptr;
  }
}

text_instructions text_kernels_best(void) {
  if (text_kernels_for(TEXT_INSTRUCTIONS_AMX)) return TEXT_INSTRUCTIONS_AMX;
  if (text_kernels_for(TEXT_INSTRUCTIONS_AVX512_VNNI)) return TEXT_INSTRUCTIONS_AVX512_VNNI;
  if (text_kernels_for(TEXT_INSTRUCTIONS_AVX2)) return TEXT_INSTRUCTIONS_AVX2;
  if (text_kernels_for(TEXT_INSTRUCTIONS_NEON)) return TEXT_INSTRUCTIONS_NEON;
  return TEXT_INSTRUCTIONS_PORTABLE;
}

void text_pack_weights(
    const float *weights, size_t channels, size_t width, int8_t *panels, float *scales, int32_t *sums) {
  size_t padded_channels = (channels + TEXT_KERNELS_PANEL - 1) / TEXT_KERNELS_PANEL * TEXT_KERNELS_PANEL;
  size_t padded_width = (width + 3) / 4 * 4;
  memset(panels, 0, padded_channels * padded_width);
  for (size_t c = 0; c < padded_channels; c++) {
    scales[c] = 0;
    sums[c] = 0;
    if (c >= channels) continue;
    const float *row = weights + c * width;
    float peak = 0;
    for (size_t k = 0; k < width; k++) {
      float value = fabsf(row[k]);
      if (value > peak) peak = value;
    }
    if (!(peak > 1e-30f && peak < 3e38f)) continue;
    scales[c] = peak / 127.0f;
    int8_t *panel = panels + c / TEXT_KERNELS_PANEL * TEXT_KERNELS_PANEL * padded_width;
    for (size_t k = 0; k < width; k++) {
      int8_t rounded = static_cast<int8_t>(lrintf(row[k] * (127.0f / peak)));
      panel[k / 4 * 64 + c % TEXT_KERNELS_PANEL * 4 + k % 4] = rounded;
      sums[c] += rounded;
    }
  }
}

uint64_t text_checksum(const void *bytes, size_t count) {
  const uint8_t *next = static_cast<const uint8_t *>(bytes);
  uint64_t lanes[4] = {
      0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u, 0x27D4EB2F165667C5u};
  size_t left = count;
  while (left > 0) {
    uint8_t block[32] = {};
    size_t taken = left < 32 ? left : 32;
    memcpy(block, next, taken);
    for (int lane = 0; lane < 4; lane++) {
      uint64_t word;
      memcpy(&word, block + 8 * lane, 8);
      uint64_t mixed = (lanes[lane] ^ word) * 0x9FB21C651E98DF25u;
      lanes[lane] = mixed << 29 | mixed >> 35;
    }
    next += taken;
    left -= taken;
  }
  uint64_t sum = count;
  for (uint64_t lane : lanes) {
    sum = (sum ^ lane) * 0x9FB21C651E98DF25u;
    sum ^= sum >> 32;
  }
  return sum;
}

}  // extern "C"
