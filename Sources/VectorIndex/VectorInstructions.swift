import CVectorKernels

/// The instructions that the index's arithmetic uses. Sums of codes are the same in all; those of floats but for rounding.
enum VectorInstructions: CaseIterable {
  case portable
  case avx2
  case avx512
  case neon

  private var raw: vector_instructions {
    switch self {
    case .portable: VECTOR_INSTRUCTIONS_PORTABLE
    case .avx2: VECTOR_INSTRUCTIONS_AVX2
    case .avx512: VECTOR_INSTRUCTIONS_AVX512
    case .neon: VECTOR_INSTRUCTIONS_NEON
    }
  }

  /// Its kernels; nil where the processor, or this build, lacks it.
  var kernels: vector_kernels? { vector_kernels_for(raw)?.pointee }

  /// The kernels of the fastest that this processor has.
  static let best: vector_kernels = {
    guard let table = vector_kernels_for(vector_kernels_best()) else {
      preconditionFailure("every build has the portable kernels")
    }
    return table.pointee
  }()
}
