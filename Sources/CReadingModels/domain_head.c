// The domain head over an encoder's vectors, as training/domain_encoder/train.py writes it.
#include "CReadingModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const uint8_t head[] = {
#embed "domain_head.bin"
};

const uint8_t *reading_model_domain_head_bytes(void) { return head; }
size_t reading_model_domain_head_size(void) { return sizeof head; }
