/// A seeded 64-bit hash of a text, eight bytes a step: 128-bit products folded together, as in wyhash. Not for
/// secrets; whoever does not know the seed cannot aim at collisions, and users compare the texts anyway.
enum TextHash {
  static func hash(_ text: [UInt8], seed: UInt64) -> UInt64 {
    text.withUnsafeBytes { bytes in
      var state = mix(seed ^ 0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03 ^ UInt64(bytes.count))
      var position = 0
      while position + 16 <= bytes.count {
        let first = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let second = bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
        state = mix(first ^ state, second ^ 0xA076_1D64_78BD_642F ^ seed)
        position += 16
      }
      var first: UInt64 = 0
      var second: UInt64 = 0
      for index in position..<bytes.count {
        let byte = UInt64(bytes[index])
        if index - position < 8 {
          first |= byte << UInt64(8 * (index - position))
        } else {
          second |= byte << UInt64(8 * (index - position - 8))
        }
      }
      state = mix(first ^ state, second ^ 0xE703_7ED1_A0B4_28DB ^ seed)
      return mix(state ^ seed, 0x8EBC_6AF0_9C88_C6E3)
    }
  }

  /// Whether two texts are the same, 32 bytes a step; `==` on arrays goes byte by byte.
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        var position = 0
        while position + 32 <= left.count {
          let one = left.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
          let other = right.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
          guard one == other else { return false }
          position += 32
        }
        return (position..<left.count).allSatisfy { left[$0] == right[$0] }
      }
    }
  }

  @inline(__always)
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
