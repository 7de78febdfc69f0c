// The trained models that ship inside the binary: each is one array of bytes, compiled in with #embed, behind a pair
// of functions (a C array of unknown size does not import into Swift). Reading owns their formats and checks them.
#ifndef SWITCHYARD_CREADINGMODELS_H
#define SWITCHYARD_CREADINGMODELS_H

#include <stddef.h>
#include <stdint.h>

// language: character n-gram statistics; format and origin: training/language/README.md
const uint8_t *_Nonnull reading_model_language_bytes(void);
size_t reading_model_language_size(void);

// domain_linear: hashed n-gram weights of the domain classifier; format and origin: training/domain_linear/README.md
const uint8_t *_Nonnull reading_model_domain_linear_bytes(void);
size_t reading_model_domain_linear_size(void);

// domain_head: the same over an encoder's vectors; format and origin: training/domain_encoder/README.md
const uint8_t *_Nonnull reading_model_domain_head_bytes(void);
size_t reading_model_domain_head_size(void);

// guard_linear, guard_head: weights of the guard; formats and origin: training/guard/README.md
const uint8_t *_Nonnull reading_model_guard_linear_bytes(void);
size_t reading_model_guard_linear_size(void);
const uint8_t *_Nonnull reading_model_guard_head_bytes(void);
size_t reading_model_guard_head_size(void);

// names: hashed features of words of the tagger of names; format and origin: training/personal_data/README.md
const uint8_t *_Nonnull reading_model_names_bytes(void);
size_t reading_model_names_size(void);

// name_head: the head of the same on vectors of all-MiniLM-L6-v2
const uint8_t *_Nonnull reading_model_name_head_bytes(void);
size_t reading_model_name_head_size(void);

#endif
