/// Whether a model's engines are asked for tokens although they failed before, so that requests do not wait each for nothing.
///
/// | failures in a row | asked again after |
/// |---|---|
/// | 1, 2 | at once |
/// | 3 | 1 s |
/// | 4 | 2 s |
/// | 8 and more | 30 s |
struct TokenizePause: Sendable, Equatable {
  private(set) var failures = 0
  private var until: UInt64 = 0

  /// - Parameter now: monotonic nanoseconds.
  func allows(now: UInt64) -> Bool { now >= until }

  mutating func failed(now: UInt64) {
    failures += 1
    guard failures >= 3 else { return }
    until = now &+ min(1 << UInt64(min(failures - 3, 5)), 30) * 1_000_000_000
  }
}
