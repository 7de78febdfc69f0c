import CVectorKernels

/// Vectors kept as signed bytes, for the cosines of one vector to all of them: tens of thousands in some tenths of a
/// millisecond.
///
/// A vector is the direction of its bytes, so products are exact but for the rounding of the query to 16 bits. Takes a byte
/// a number, rows filled up to a multiple of 64, and eight bytes a vector. Immutable; any thread may call it.
public struct CodedVectors: Sendable {
  /// Numbers a vector.
  public let dimension: Int
  /// Vectors.
  public var count: Int { scales.count }
  private let width: Int
  private let codes: [Int8]
  /// One over the length of a vector's bytes; 0 for a vector without a direction, whose cosines are 0.
  private let scales: [Float]
  private let margins: [Float]

  /// - Parameter codes: `dimension` bytes a vector, one vector behind the other.
  public init(codes: [Int8], dimension: Int) {
    precondition(dimension > 0 && codes.count % dimension == 0, "bytes of another shape")
    let rows = codes.count / dimension
    let width = VectorStore.padded(dimension)
    var padded = [Int8](repeating: 0, count: rows * width)
    scales = (0..<rows).map { row in
      var square = 0
      for column in 0..<dimension {
        let code = codes[row * dimension + column]
        padded[row * width + column] = code
        square += Int(code) * Int(code)
      }
      return square > 0 ? 1 / Float(square).squareRoot() : 0
    }
    self.dimension = dimension
    self.width = width
    self.codes = padded
    margins = [Float](repeating: 0, count: rows)
  }

  /// The cosine to each vector, in their order.
  ///
  /// - Returns: nil for a vector of another dimension, without a direction or with a number that is not finite.
  public func cosines(to vector: [Float]) -> [Float]? {
    guard let query = try? DirectionVector(vector, dimension: dimension) else { return nil }
    return [Float](unsafeUninitializedCapacity: count) { output, filled in
      guard let start = output.baseAddress else { return }
      VectorInstructions.best.bounds(query.halves, codes, scales, margins, count, width, query.factor, start)
      filled = count
    }
  }
}
