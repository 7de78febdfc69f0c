/// Why the bytes of the guard's head were refused.
public enum GuardHeadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Fewer or more bytes than the header says.
  case truncated(expected: Int, actual: Int)
  /// The file does not start with the magic of this format.
  case notAGuardHead
  case unsupportedVersion(UInt32)
  /// The stored CRC-32 differs from that of the bytes.
  case corrupted(stored: UInt32, computed: UInt32)
  /// A field has a value that no trainer writes.
  case invalid(field: String, reason: String)

  public var description: String {
    switch self {
    case .truncated(let expected, let actual):
      "guard head: \(actual) bytes, but the header describes \(expected); the file is not what the trainer wrote"
    case .notAGuardHead:
      "guard head: the file does not start with SWYGRDHD; it is not a head of training/guard"
    case .unsupportedVersion(let version):
      "guard head: format version \(version), but this build reads version 1; train it with the same source tree"
    case .corrupted(let stored, let computed):
      "guard head: CRC-32 0x\(String(computed, radix: 16)), but the file says 0x\(String(stored, radix: 16)); "
        + "the bytes were changed, train it again"
    case .invalid(let field, let reason):
      "guard head: \(field) \(reason)"
    }
  }
}
