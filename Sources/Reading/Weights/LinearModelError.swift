/// Why the bytes of a linear text model were refused.
public enum LinearModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Fewer bytes than the header or the tables need.
  case truncated(expected: Int, actual: Int)
  /// Bytes follow where the model should end.
  case trailingBytes(expected: Int, actual: Int)
  /// The file does not start with the magic of this format.
  case notALinearModel
  case unsupportedVersion(UInt32)
  /// The stored CRC-32 differs from that of the bytes.
  case corrupted(stored: UInt32, computed: UInt32)
  /// A header field has a value that no trainer writes.
  case invalid(field: String, reason: String)

  public var description: String {
    switch self {
    case .truncated(let expected, let actual):
      "linear model: \(actual) bytes, but \(expected) are needed; the file was cut short, train it again"
    case .trailingBytes(let expected, let actual):
      "linear model: \(actual) bytes, but the header describes \(expected); the file is not what the trainer wrote"
    case .notALinearModel:
      "linear model: the file does not start with SWYDOMLN; it is not a model of training/domain_linear"
    case .unsupportedVersion(let version):
      "linear model: format version \(version), but this build reads versions \(LinearModel.supportedVersion) and "
        + "\(LinearModel.shortRowsVersion); train the model with the same source tree"
    case .corrupted(let stored, let computed):
      "linear model: CRC-32 \(Self.hexadecimal(computed)), but the file says \(Self.hexadecimal(stored)); "
        + "the bytes were changed, train it again"
    case .invalid(let field, let reason):
      "linear model: \(field) \(reason)"
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
