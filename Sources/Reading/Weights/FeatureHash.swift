/// The 64-bit hashes behind the buckets of a linear model. `training/domain_linear/features.py` is the reference.
enum FeatureHash {
  private static let mixMultiplier: UInt64 = 0xD6E8_FEB8_6659_FD93
  private static let pairMultiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let lengthMultiplier: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  /// Xor-shift, multiply, twice: each input bit reaches each output bit.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var x = value
    x ^= x >> 32
    x = x &* mixMultiplier
    x ^= x >> 32
    x = x &* mixMultiplier
    return x ^ (x >> 32)
  }

  /// A word: its bytes in chunks of eight, the last padded with zeros, seeded with its length.
  ///
  /// The eight bytes from each chunk's start must be readable, also past the word's end.
  @inline(__always)
  static func word(_ start: UnsafeRawPointer, count: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: count) &* lengthMultiplier
    var offset = 0
    while offset < count {
      hash = mix(hash ^ load(start + offset, count: min(count - offset, 8)))
      offset += 8
    }
    return hash
  }

  /// A word after another; the first word of a text follows 0.
  @inline(__always)
  static func pair(_ previous: UInt64, _ current: UInt64) -> UInt64 {
    mix(previous &* pairMultiplier &+ current)
  }

  /// The `count` bytes at `start`, 1…8; eight must be readable.
  @inline(__always)
  static func gram(_ start: UnsafeRawPointer, count: Int) -> UInt64 {
    mix(load(start, count: count) ^ (UInt64(truncatingIfNeeded: count) &* lengthMultiplier))
  }

  /// The upper half of the hash, scaled to `0..<buckets` (no division; Lemire, "Fast random integer generation in an
  /// interval", 2019).
  @inline(__always)
  static func bucket(_ hash: UInt64, of buckets: UInt64) -> Int {
    Int(truncatingIfNeeded: ((hash >> 32) &* buckets) >> 32)
  }

  @inline(__always)
  private static func load(_ start: UnsafeRawPointer, count: Int) -> UInt64 {
    let eight = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    return eight & (UInt64.max >> UInt64(truncatingIfNeeded: 64 - 8 * count))
  }
}
