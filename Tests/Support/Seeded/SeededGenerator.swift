/// A random source whose numbers all come from its seed, so that a failing test or a finding of a fuzzer can be replayed:
/// print ``seed`` with the failure.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Not for secrets. The numbers
/// are the same on every platform and will stay so: corpora and recorded seeds depend on them. A value of one thread;
/// copies go on alike.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// What the generator was made with.
  public let seed: UInt64
  private var state: UInt64

  /// - Parameter seed: any number; neighbouring seeds give unrelated numbers.
  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
