/// Why the bytes of a model of names were refused.
public enum NameModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file does not start with the magic of this format.
  case notAModel(expected: String)
  case unsupportedVersion(UInt32)
  /// The file has another length than its header says.
  case wrongLength(expected: Int, actual: Int)
  /// The stored CRC-32 differs from that of the bytes.
  case corrupted
  /// A header field has a value that no trainer writes.
  case invalid(field: String)

  public var description: String {
    switch self {
    case .notAModel(let expected):
      "model of names: the file does not start with \(expected); it is not one of training/personal_data"
    case .unsupportedVersion(let version):
      "model of names: format version \(version), but this build reads version 1; train it with the same source tree"
    case .wrongLength(let expected, let actual):
      "model of names: \(actual) bytes, but \(expected) are needed; the file is not what the trainer wrote"
    case .corrupted: "model of names: the checksum is wrong; the bytes were changed, train it again"
    case .invalid(let field): "model of names: \(field) has a value that no trainer writes"
    }
  }
}
