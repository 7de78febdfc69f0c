/// Why a vector index refused something.
public enum VectorIndexError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A vector of another length than the index's.
  case wrongDimension(Int, expected: Int)
  /// A number that is NaN or infinite.
  case notFinite(index: Int)
  /// A vector of zeros has no direction.
  case zero
  /// As many entries as the index may hold.
  case full(capacity: Int)

  public var description: String {
    switch self {
    case .wrongDimension(let count, let expected):
      "the vector has \(count) numbers and the index \(expected); use the model that the index was filled with"
    case .notFinite(let index): "number \(index) of the vector is NaN or infinite"
    case .zero: "the vector is all zeros and has no direction"
    case .full(let capacity): "the index holds \(capacity) entries already; remove one first"
    }
  }
}
