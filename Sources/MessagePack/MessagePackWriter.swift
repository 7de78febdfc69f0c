/// Writes MessagePack, every item in its shortest form.
public struct MessagePackWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func null() { bytes.append(0xC0) }
  public mutating func boolean(_ value: Bool) { bytes.append(value ? 0xC3 : 0xC2) }

  public mutating func integer(_ value: Int64) {
    switch value {
    case 0...: unsigned(UInt64(value))
    case -32..<0: bytes.append(UInt8(truncatingIfNeeded: value))
    case Int64(Int8.min)...: append(0xD0, UInt64(bitPattern: value), 1)
    case Int64(Int16.min)...: append(0xD1, UInt64(bitPattern: value), 2)
    case Int64(Int32.min)...: append(0xD2, UInt64(bitPattern: value), 4)
    default: append(0xD3, UInt64(bitPattern: value), 8)
    }
  }

  public mutating func unsigned(_ value: UInt64) {
    switch value {
    case 0...0x7F: bytes.append(UInt8(value))
    case 0...0xFF: append(0xCC, value, 1)
    case 0...0xFFFF: append(0xCD, value, 2)
    case 0...0xFFFF_FFFF: append(0xCE, value, 4)
    default: append(0xCF, value, 8)
    }
  }

  public mutating func number(_ value: Double) { append(0xCB, value.bitPattern, 8) }

  /// - Precondition: less than 4 GiB.
  public mutating func text(_ text: String) {
    let count = text.utf8.count
    switch count {
    case 0...31: bytes.append(0xA0 | UInt8(count))
    case 0...0xFF: append(0xD9, UInt64(count), 1)
    case 0...0xFFFF: append(0xDA, UInt64(count), 2)
    default: append(0xDB, UInt64(UInt32(count)), 4)
    }
    bytes += text.utf8
  }

  /// - Precondition: less than 4 GiB.
  public mutating func binary(_ data: [UInt8]) {
    switch data.count {
    case 0...0xFF: append(0xC4, UInt64(data.count), 1)
    case 0...0xFFFF: append(0xC5, UInt64(data.count), 2)
    default: append(0xC6, UInt64(UInt32(data.count)), 4)
    }
    bytes += data
  }

  /// The head of an array; `count` items are to follow.
  public mutating func array(_ count: Int) {
    switch count {
    case 0...15: bytes.append(0x90 | UInt8(count))
    case 0...0xFFFF: append(0xDC, UInt64(count), 2)
    default: append(0xDD, UInt64(UInt32(count)), 4)
    }
  }

  /// The head of a map; `count` pairs are to follow.
  public mutating func map(_ count: Int) {
    switch count {
    case 0...15: bytes.append(0x80 | UInt8(count))
    case 0...0xFFFF: append(0xDE, UInt64(count), 2)
    default: append(0xDF, UInt64(UInt32(count)), 4)
    }
  }

  private mutating func append(_ head: UInt8, _ value: UInt64, _ size: Int) {
    bytes.append(head)
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (size - 1 - index)))) }
  }
}
