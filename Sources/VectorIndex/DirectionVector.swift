import CVectorKernels

/// A vector of length 1, as floats and as the integers that products with stored codes are computed with.
///
/// The product of two vectors of length 1 is computed from codes as `factor · scale · Σ halves · codes`. By the inequality
/// of Cauchy and Schwarz it is off by at most the length of what rounding took from the stored vector (kept an entry) plus
/// ``margin``: a bound that lets a search look at codes and still be exact.
struct DirectionVector {
  /// Padded with zeros, as all here.
  let floats: [Float]
  let halves: [Int16]
  /// What a half is worth.
  let factor: Float
  /// What rounding to halves may add to a product at most, and that of single precision.
  let margin: Float

  /// Scales a vector to length 1.
  ///
  /// - Throws: if it has not `dimension` numbers, or no direction.
  init(_ vector: [Float], dimension: Int) throws(VectorIndexError) {
    guard vector.count == dimension else { throw .wrongDimension(vector.count, expected: dimension) }
    var square = 0.0
    var peak: Float = 0
    for (index, value) in vector.enumerated() {
      guard value.isFinite else { throw .notFinite(index: index) }
      square += Double(value) * Double(value)
      peak = max(peak, abs(value))
    }
    guard square > 0 else { throw .zero }
    let length = square.squareRoot()
    var floats = [Float](repeating: 0, count: VectorStore.padded(dimension))
    for index in vector.indices { floats[index] = Float(Double(vector[index]) / length) }
    self.init(unit: floats, peak: Float(Double(peak) / length), dimension: dimension)
  }

  /// A stored vector, from its padded floats.
  init(unit floats: UnsafeBufferPointer<Float>, dimension: Int) {
    self.init(unit: Array(floats), peak: floats.reduce(0) { max($0, abs($1)) }, dimension: dimension)
  }

  private init(unit floats: [Float], peak: Float, dimension: Int) {
    // Σ |half · code| ≤ scale · 127 · √dimension stays below 2^30, rounding below 2^31.
    let root = Float(dimension).squareRoot()
    let scale = min(32_767 / peak, 1_073_741_824 / (127 * root))
    let factor = 1 / scale
    var halves = [Int16](repeating: 0, count: floats.count)
    var lost: Float = 0
    for index in floats.indices {
      let half = (floats[index] * scale).rounded()
      halves[index] = Int16(half)
      let rest = floats[index] - half * factor
      lost += rest * rest
    }
    self.floats = floats
    self.halves = halves
    self.factor = factor
    // Codes stand for a vector of length 1 + √dimension / 254 at most.
    margin = lost.squareRoot() * (1 + root / 254) + 1e-5
  }
}
