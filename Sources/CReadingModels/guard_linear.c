// The linear guard's weights, as training/guard/train.py writes them. Rows of 16 bytes start at a multiple of 64: the
// alignment keeps a row inside one cache line.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const uint8_t model[] = {
#embed "guard_linear.bin"
};

const uint8_t *reading_model_guard_linear_bytes(void) { return model; }
size_t reading_model_guard_linear_size(void) { return sizeof model; }
