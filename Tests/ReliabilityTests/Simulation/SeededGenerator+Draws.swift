import Seeded

/// What the simulation draws.
extension SeededGenerator {
  /// In 0..<bound; biased by less than bound ÷ 2^32, which is nothing here, and quick without optimisation.
  mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) &* UInt64(max(1, bound))) >> 32) }

  mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

  mutating func chance(percent: Int) -> Bool { below(100) < percent }

  /// Microseconds between two bounds, in nanoseconds.
  mutating func span(_ low: Int, _ high: Int) -> UInt64 { UInt64(between(low, high)) * 1_000 }
}
