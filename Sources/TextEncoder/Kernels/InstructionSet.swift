import CTextKernels

/// The instructions that the encoder's arithmetic uses. All give the same results but for rounding: to single precision, and
/// in attention with ``amx`` to bfloat16.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Plain C++, on any processor.
  case portable
  case avx2
  case avx512VNNI = "avx512-vnni"
  /// Tiles for int8 and bfloat16, beside AVX-512 VNNI. Linux is asked for leave to use them, once a process.
  case amx
  case neon

  /// The fastest that this processor has.
  public static let best: InstructionSet = InstructionSet(text_kernels_best())

  /// Whether this processor, and this build, has it.
  public var isAvailable: Bool { text_kernels_for(raw) != nil }

  private var raw: text_instructions {
    switch self {
    case .portable: TEXT_INSTRUCTIONS_PORTABLE
    case .avx2: TEXT_INSTRUCTIONS_AVX2
    case .avx512VNNI: TEXT_INSTRUCTIONS_AVX512_VNNI
    case .amx: TEXT_INSTRUCTIONS_AMX
    case .neon: TEXT_INSTRUCTIONS_NEON
    }
  }

  private init(_ raw: text_instructions) {
    switch raw {
    case TEXT_INSTRUCTIONS_AVX2: self = .avx2
    case TEXT_INSTRUCTIONS_AVX512_VNNI: self = .avx512VNNI
    case TEXT_INSTRUCTIONS_AMX: self = .amx
    case TEXT_INSTRUCTIONS_NEON: self = .neon
    default: self = .portable
    }
  }

  /// The table of its kernels; the portable one where the processor lacks it.
  var kernels: text_kernels {
    guard let table = text_kernels_for(raw) ?? text_kernels_for(TEXT_INSTRUCTIONS_PORTABLE) else {
      preconditionFailure("every build has the portable kernels")
    }
    return table.pointee
  }
}
