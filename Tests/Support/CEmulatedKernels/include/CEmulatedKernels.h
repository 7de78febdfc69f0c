// The AVX-512 VNNI kernels with the dot product in plain C++, so that their layout and arithmetic are tested on processors
// that lack the instruction.
#ifndef SWITCHYARD_CEMULATEDKERNELS_H
#define SWITCHYARD_CEMULATEDKERNELS_H

#include "CTextKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

const text_kernels *_Nonnull text_emulated_vnni_kernels(void);

#ifdef __cplusplus
}
#endif

#endif
