/// SplitMix64: all chance of a run comes from its seed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// In 0..<bound; biased by less than bound ÷ 2^32, which is nothing here, and quick without optimisation.
  mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) &* UInt64(max(1, bound))) >> 32) }

  mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

  mutating func chance(percent: Int) -> Bool { below(100) < percent }

  /// Microseconds between two bounds, in nanoseconds.
  mutating func span(_ low: Int, _ high: Int) -> UInt64 { UInt64(between(low, high)) * 1_000 }
}
