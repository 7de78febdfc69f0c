// The guard's weights over a text's embedding, as training/guard/train.py writes them.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t model[] = {
#embed "guard_head.bin"
};

const uint8_t *reading_model_guard_head_bytes(void) { return model; }
size_t reading_model_guard_head_size(void) { return sizeof model; }
