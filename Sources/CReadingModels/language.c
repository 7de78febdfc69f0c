// The language identifier's statistics, as training/language/build.py writes them.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t model[] = {
#embed "language.bin"
};

const uint8_t *reading_model_language_bytes(void) { return model; }
size_t reading_model_language_size(void) { return sizeof model; }
