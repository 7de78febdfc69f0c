/// Tells from little that is read of a replica that it would not be chosen, so that most of a large fleet is not worked out.
protocol CostBound {
  /// One was found that costs so much: those that cost more are excluded.
  mutating func lower(to cost: Double)

  /// Whether it surely costs more than what was found. Never true before something was.
  ///
  /// - Parameter matches: nil where the cost does not go by them.
  func isExceeded(by placement: BorrowedPlacement, _ matches: PrefixMatches?) -> Bool
}

/// Excludes none.
struct NoCostBound: CostBound {
  @inline(__always) mutating func lower(to cost: Double) {}
  @inline(__always) func isExceeded(by placement: BorrowedPlacement, _ matches: PrefixMatches?) -> Bool { false }
}
