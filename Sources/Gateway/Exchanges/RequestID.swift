/// A random UUID (version 4), written as text only where it is sent.
package struct RequestID: Sendable, Equatable {
  private let high: UInt64
  private let low: UInt64

  package init(random: inout some RandomNumberGenerator) {
    high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// Appends its text of 36 characters, as in `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`.
  package func append(to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) { text in
      guard let base = text.baseAddress else { return }
      write(to: base)
      bytes.append(contentsOf: text)
    }
  }

  /// Characters of its text.
  static let length = 36

  /// Writes its text to memory that has room for ``length`` bytes.
  func write(to base: UnsafeMutableRawPointer) {
    func store(_ digits: UInt64, at offset: Int) {
      base.storeBytes(of: digits.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
    func dash(_ offset: Int) { base.storeBytes(of: UInt8(ascii: "-"), toByteOffset: offset, as: UInt8.self) }
    // Eight digits at a time; where a dash comes between them they are written twice, four places apart.
    let (second, third) = (
      Self.digits(UInt32(truncatingIfNeeded: high)), Self.digits(UInt32(truncatingIfNeeded: low >> 32))
    )
    store(Self.digits(UInt32(truncatingIfNeeded: high >> 32)), at: 0)
    store(second, at: 9)
    store(second << 32, at: 14)
    store(third, at: 19)
    store(third << 32, at: 24)
    store(Self.digits(UInt32(truncatingIfNeeded: low)), at: 28)
    dash(8)
    dash(13)
    dash(18)
    dash(23)
  }

  /// Eight hexadecimal digits as ASCII, the first in the highest byte.
  private static func digits(_ value: UInt32) -> UInt64 {
    var nibbles = UInt64(value)
    nibbles = (nibbles & 0xFFFF_0000) << 16 | nibbles & 0xFFFF
    nibbles = (nibbles & 0x0000_FF00_0000_FF00) << 8 | nibbles & 0x0000_00FF_0000_00FF
    nibbles = (nibbles & 0x00F0_00F0_00F0_00F0) << 4 | nibbles & 0x000F_000F_000F_000F
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
  }
}
