// The AVX-512 kernels of the vector index with their multiply-and-add in plain C++, so that their layout and arithmetic are
// tested on processors that lack the instruction.
#ifndef SWITCHYARD_CEMULATEDVECTORKERNELS_H
#define SWITCHYARD_CEMULATEDVECTORKERNELS_H

#include "CVectorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

const vector_kernels *_Nonnull vector_emulated_avx512_kernels(void);

#ifdef __cplusplus
}
#endif

#endif
