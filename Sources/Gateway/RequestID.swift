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
    writeHex(high >> 32, digits: 8, to: &buffer)
    buffer.writeInteger(UInt8(ascii: "-"))
    writeHex(high >> 16, digits: 4, to: &buffer)
    buffer.writeInteger(UInt8(ascii: "-"))
    writeHex(high, digits: 4, to: &buffer)
    buffer.writeInteger(UInt8(ascii: "-"))
    writeHex(low >> 48, digits: 4, to: &buffer)
    buffer.writeInteger(UInt8(ascii: "-"))
    writeHex(low, digits: 12, to: &buffer)
  }

  private func writeHex(_ value: UInt64, digits: Int, to buffer: inout ByteBuffer) {
    var shift = UInt64(digits * 4)
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: value >> shift & 0xF)
      buffer.writeInteger(digit < 10 ? digit + 0x30 : digit + 0x57)
    }
  }
}

/// xoshiro256**, seeded from the system once a loop: request ids and tie-breaks need no system call each.
struct LoopRandom: RandomNumberGenerator {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  init() {
    var system = SystemRandomNumberGenerator()
    state = (system.next() | 1, system.next(), system.next(), system.next())
  }

  mutating func next() -> UInt64 {
    let scrambled = Self.rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return scrambled
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}
