// The head that finds names on an encoder's vectors, as training/personal_data/train.py writes it.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const uint8_t model[] = {
#embed "name_head.bin"
};

const uint8_t *reading_model_name_head_bytes(void) { return model; }
size_t reading_model_name_head_size(void) { return sizeof model; }
