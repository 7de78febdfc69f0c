import CVectorKernels

/// Products of vectors that have length 1 already, with the index's kernels.
public enum UnitVectors {
  /// The cosine of two vectors of length 1, in single precision; of the shorter one's length. On any thread.
  public static func cosine(_ left: [Float], _ right: [Float]) -> Float {
    let count = min(left.count, right.count)
    let whole = count - count % Int(VECTOR_KERNELS_PADDING)
    var sum = whole > 0 ? VectorInstructions.best.dot(left, right, whole) : 0
    for index in whole..<count { sum += left[index] * right[index] }
    return sum
  }
}
