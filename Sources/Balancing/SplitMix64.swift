/// A small generator of numbers that look random (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA
/// 2014): the same on every platform for the same seed. Not for secrets.
///
/// A choice draws from one that its caller's source has begun: that source is asked through its witness table, which
/// costs more than looking at a replica, and a choice among a thousand equal ones draws a thousand times.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    defer { state &+= Self.step }
    return Self.mixed(state)
  }

  /// A number from 0 up to a bound, which is above 0. Its bias is at most the bound in 2^64.
  mutating func draw(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

  /// What a generator of this seed gives first: a hash of it.
  public static func mixed(_ seed: UInt64) -> UInt64 {
    var mixed = seed &+ step
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
