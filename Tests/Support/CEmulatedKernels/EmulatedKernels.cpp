#include "CEmulatedKernels.h"
#include "EmulatedVectors.h"

#define KERNELS emulatedvnni
#define INSTRUCTIONS TEXT_INSTRUCTIONS_AVX512_VNNI
#include "../../../Sources/CTextKernels/VNNIKernels.inc"

namespace emulatedvnni {

static const text_kernels table = kernels_table(linear, attention);

}  // namespace emulatedvnni

extern "C" const text_kernels *text_emulated_vnni_kernels(void) { return &emulatedvnni::table; }
