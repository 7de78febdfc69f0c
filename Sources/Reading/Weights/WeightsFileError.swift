/// Why a file of weights was refused.
public struct WeightsFileError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Problem: Sendable, Equatable {
    /// The file does not start with the magic.
    case anotherKind
    case version(UInt32, expected: UInt32)
    /// The file has another length than its header says.
    case length(expected: Int, actual: Int)
    /// The stored CRC-32 differs from that of the bytes.
    case damaged
    /// A field has a value that no trainer writes.
    case field(String)
    /// The weights were made for vectors of another of the encoder's layers than it hands out.
    case layer(expected: Int, actual: Int)
    /// The weights were made for another number of labels than the model beside them has.
    case labels(expected: Int, actual: Int)
  }

  /// What the file starts with, which names its kind.
  public var magic: String
  public var problem: Problem

  public init(magic: String, problem: Problem) {
    self.magic = magic
    self.problem = problem
  }

  public var description: String {
    switch problem {
    case .anotherKind: "the file does not start with \(magic); name the one that its trainer wrote"
    case .version(let version, let expected):
      "\(magic): format version \(version), but this build reads version \(expected); train it with the same source tree"
    case .length(let expected, let actual):
      "\(magic): \(actual) bytes, but \(expected) are needed; the file is not what the trainer wrote"
    case .damaged: "\(magic): the checksum is wrong; the bytes were changed, train it again"
    case .field(let field): "\(magic): \(field) has a value that no trainer writes"
    case .layer(let expected, let actual):
      "\(magic): made for the vectors of layer \(expected), but the encoder hands out those of layer \(actual); take model "
        + "and program from the same source tree"
    case .labels(let expected, let actual):
      "\(magic): made for \(expected) labels, but the linear model has \(actual); train both with the same source tree"
    }
  }
}
