/// An entry that a search found.
public struct VectorMatch: Sendable, Equatable {
  public let id: UInt64
  /// The cosine of the angle between the entry and what was searched for, -1 to 1, in single precision.
  public let likeness: Float

  public init(id: UInt64, likeness: Float) {
    self.id = id
    self.likeness = likeness
  }

  /// The order of results: the likest first, of equals the one with the lower id.
  static func precedes(_ left: VectorMatch, _ right: VectorMatch) -> Bool {
    left.likeness != right.likeness ? left.likeness > right.likeness : left.id < right.id
  }
}
