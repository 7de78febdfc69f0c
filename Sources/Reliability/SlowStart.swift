/// The share of its load that a replica takes after an ejection: it grows linearly, so that what comes back with a cold
/// cache, or still broken, is not hit by everything at once for being the idlest.
///
/// factor = floor + (1 − floor) × elapsed ÷ window. With the defaults (floor 0.1, window 30 s):
///
///     elapsed   0 s   5 s   10 s  15 s  20 s  30 s and more
///     factor    0.1   0.25  0.4   0.55  0.7   1
///
/// Envoy's slow start has the same linear form (aggression 1) with the same 10 % at its start, as a maximum instead of an
/// offset; the offset has no flat part.
public struct SlowStart: Sendable, Equatable {
  /// Nanoseconds; 0 for none.
  public var window: UInt64
  /// The factor at the beginning, in 0.01…1.
  public var floor: Double

  /// - Precondition: `floor` lies in 0.01…1.
  public init(window: UInt64 = .seconds(30), floor: Double = 0.1) {
    precondition(floor >= 0.01 && floor <= 1, "a slow start begins with a share of 0.01 to 1")
    self.window = window
    self.floor = floor
  }

  /// In floor…1; 1 when `start` is 0, which stands for "never ejected". No allocation, no lock.
  public func factor(since start: UInt64, now: UInt64) -> Double {
    guard start > 0 else { return 1 }
    let elapsed = now.since(start)
    guard elapsed < window else { return 1 }
    return floor + (1 - floor) * Double(elapsed) / Double(window)
  }
}
