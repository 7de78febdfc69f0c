// The kernels for processors with AMX for int8 and bfloat16 (Sapphire Rapids and later).

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,amx-tile,amx-int8,amx-bf16,avx2,fma"))), \
    apply_to = function)

#define KERNELS amx
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AMX
#define DOT(sums, bytes, weights) (Integers) _mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(bytes), (__m512i)(weights))
#define TO_BFLOATS(low, high) _mm512_cvtne2ps_pbh((__m512)(high), (__m512)(low))
#define TILE_CONFIGURE(configuration) _tile_loadconfig(configuration)
#define TILE_RELEASE() _tile_release()
#define TILE_ZERO(c) _tile_zero(c)
#define TILE_LOAD(c, from, stride) _tile_loadd(c, from, stride)
#define TILE_STORE(c, to, stride) _tile_stored(c, to, stride)
#define TILE_DOT_BYTES(c, a, b) _tile_dpbusd(c, a, b)
#define TILE_DOT_BFLOATS(c, a, b) _tile_dpbf16ps(c, a, b)

#include "AMXKernels.inc"

#pragma clang attribute pop

// Linux lets a process use tiles once it has asked, and needs a kernel that keeps them for each thread (5.16 and later).
static bool tiles_are_allowed() {
#if defined(__linux__)
  constexpr long ask_for_feature = 0x1023;
  constexpr long tile_data = 18;
  static const bool allowed = syscall(SYS_arch_prctl, ask_for_feature, tile_data) == 0;
  return allowed;
#else
  return false;
#endif
}

extern "C" const text_kernels *text_amx_kernels(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return nullptr;
  constexpr unsigned needed = 1u << 22 | 1u << 24 | 1u << 25;  // amx-bf16, amx-tile, amx-int8
  if ((d & needed) != needed) return nullptr;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & 1u << 5)) return nullptr;  // avx512-bf16
  return tiles_are_allowed() ? &amx::table : nullptr;
}

#endif
