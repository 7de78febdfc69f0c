#include "CEmulatedKernels.h"
#include "EmulatedVectors.h"

// A thread's tiles as the processor has them: nothing of theirs may be used before they are configured.
struct EmulatedTiles {
  bool configured = false;
  uint8_t rows[8] = {};
  uint8_t bytes[8][16][64] = {};

  void configure(const void *configuration) {
    uint8_t fields[64];
    memcpy(fields, configuration, 64);
    configured = fields[0] == 1;
    memcpy(rows, fields + 48, 8);
    for (int i = 0; i < 8; i++) configured = configured && rows[i] > 0 && rows[i] <= 16 && fields[16 + 2 * i] == 64;
    memset(bytes, 0, sizeof bytes);
  }

  int count(int tile) const {
    if (!configured) __builtin_trap();
    return rows[tile];
  }

  void load(int tile, const void *from, size_t stride) {
    for (int r = 0; r < count(tile); r++) memcpy(bytes[tile][r], static_cast<const uint8_t *>(from) + r * stride, 64);
  }

  void store(int tile, void *to, size_t stride) const {
    for (int r = 0; r < count(tile); r++) memcpy(static_cast<uint8_t *>(to) + r * stride, bytes[tile][r], 64);
  }

  void zero(int tile) {
    count(tile);
    memset(bytes[tile], 0, sizeof bytes[tile]);
  }

  void dot_bytes(int c, int a, int b) {
    for (int m = 0; m < count(a); m++) {
      int32_t sums[16];
      memcpy(sums, bytes[c][m], 64);
      for (int k = 0; k < count(b); k++)
        for (int n = 0; n < 16; n++)
          for (int i = 0; i < 4; i++)
            sums[n] += bytes[a][m][4 * k + i] * static_cast<int8_t>(bytes[b][k][4 * n + i]);
      memcpy(bytes[c][m], sums, 64);
    }
  }

  float bfloat(int tile, int row, int place) const {
    uint32_t bits = 0;
    memcpy(reinterpret_cast<uint8_t *>(&bits) + 2, bytes[tile][row] + 2 * place, 2);
    float value;
    memcpy(&value, &bits, 4);
    return value;
  }

  void dot_bfloats(int c, int a, int b) {
    for (int m = 0; m < count(a); m++) {
      float sums[16];
      memcpy(sums, bytes[c][m], 64);
      for (int k = 0; k < count(b); k++)
        for (int n = 0; n < 16; n++)
          for (int i = 0; i < 2; i++) sums[n] += bfloat(a, m, 2 * k + i) * bfloat(b, k, 2 * n + i);
      memcpy(bytes[c][m], sums, 64);
    }
  }
};

static thread_local EmulatedTiles emulated_tiles;

#define TILE_CONFIGURE(configuration) emulated_tiles.configure(configuration)
#define TILE_RELEASE() emulated_tiles.configured = false
#define TILE_ZERO(c) emulated_tiles.zero(c)
#define TILE_LOAD(c, from, stride) emulated_tiles.load(c, from, stride)
#define TILE_STORE(c, to, stride) emulated_tiles.store(c, to, stride)
#define TILE_DOT_BYTES(c, a, b) emulated_tiles.dot_bytes(c, a, b)
#define TILE_DOT_BFLOATS(c, a, b) emulated_tiles.dot_bfloats(c, a, b)

#define KERNELS emulatedamx
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AMX
#include "../../../Sources/CTextKernels/AMXKernels.inc"

extern "C" const text_kernels *text_emulated_amx_kernels(void) { return &emulatedamx::table; }
