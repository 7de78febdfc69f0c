// The AVX-512 VNNI and AMX kernels with their special instructions in plain C++, so that layouts and arithmetic are tested
// on processors that lack them.
#ifndef SWITCHYARD_CEMULATEDKERNELS_H
#define SWITCHYARD_CEMULATEDKERNELS_H

#include "CTextKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

const text_kernels *_Nonnull text_emulated_vnni_kernels(void);
const text_kernels *_Nonnull text_emulated_amx_kernels(void);

#ifdef __cplusplus
}
#endif

#endif
