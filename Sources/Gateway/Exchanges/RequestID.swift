import NIOCore

/// A random UUID (version 4), written as text only where it is sent.
struct RequestID: Sendable, Equatable {
  private let high: UInt64
  private let low: UInt64

  init(random: inout some RandomNumberGenerator) {
    high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// 36 characters, as in `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`.
  func write(to buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 36) { bytes in
      var index = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          bytes[index] = UInt8(ascii: "-")
          index += 1
        }
        let half = digit < 16 ? high : low
        let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit & 15)) & 0xF)
        bytes[index] = value < 10 ? value + 0x30 : value + 0x57
        index += 1
      }
      return index
    }
  }
}
