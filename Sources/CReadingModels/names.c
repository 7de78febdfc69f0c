// The tagger of names, as training/personal_data/train.py writes it.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const uint8_t model[] = {
#embed "names.bin"
};

const uint8_t *reading_model_names_bytes(void) { return model; }
size_t reading_model_names_size(void) { return sizeof model; }
