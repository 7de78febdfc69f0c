/// Reads MessagePack (the specification of msgpack.org, 2013) item by item, without building a tree.
///
/// Whatever the bytes are it neither crashes nor allocates by what they promise: a length or a count that the rest cannot
/// hold is an error at once. Extension types are read as opaque bytes.
public struct MessagePackReader: Sendable {
  public enum Item: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// Below zero.
    case negative(Int64)
    case unsigned(UInt64)
    case number(Double)
    /// The places of UTF-8 bytes, not checked.
    case text(Range<Int>)
    case binary(Range<Int>)
    /// As many items follow.
    case array(Int)
    /// As many pairs of items follow.
    case map(Int)
    case opaque(type: Int8, Range<Int>)
  }

  public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case truncated(at: Int)
    /// 0xC1, which the format never uses.
    case reservedByte(at: Int)

    public var description: String {
      switch self {
      case .truncated(let place): "MessagePack: what begins at byte \(place) is cut off"
      case .reservedByte(let place): "MessagePack: byte \(place) begins no item"
      }
    }
  }

  public let bytes: [UInt8]
  /// Where the next item begins.
  public private(set) var place: Int

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    place = 0
  }

  /// Whether everything was read.
  public var isAtEnd: Bool { place == bytes.count }

  /// Reads an item; of arrays and maps only the head.
  public mutating func next() throws(Failure) -> Item {
    let start = place
    let head = UInt8(truncatingIfNeeded: try unsigned(1, start))
    switch head {
    case 0x00...0x7F: return .unsigned(UInt64(head))
    case 0xE0...0xFF: return .negative(Int64(Int8(bitPattern: head)))
    case 0x80...0x8F: return .map(try count(Int(head & 0x0F), perItem: 2, start))
    case 0x90...0x9F: return .array(try count(Int(head & 0x0F), perItem: 1, start))
    case 0xA0...0xBF: return .text(try range(Int(head & 0x1F), start))
    case 0xC0: return .null
    case 0xC2, 0xC3: return .boolean(head == 0xC3)
    case 0xC4...0xC6: return .binary(try range(Int(try unsigned(1 << (head - 0xC4), start)), start))
    case 0xC7...0xC9:
      let length = Int(try unsigned(1 << (head - 0xC7), start))
      return .opaque(type: Int8(bitPattern: UInt8(try unsigned(1, start))), try range(length, start))
    case 0xCA: return .number(Double(Float(bitPattern: UInt32(try unsigned(4, start)))))
    case 0xCB: return .number(Double(bitPattern: try unsigned(8, start)))
    case 0xCC...0xCF: return .unsigned(try unsigned(1 << (head - 0xCC), start))
    case 0xD0...0xD3:
      let size = 1 << (head - 0xD0)
      let shift = UInt64(64 - 8 * size)
      let value = Int64(bitPattern: try unsigned(size, start) << shift) >> Int64(shift)
      return value < 0 ? .negative(value) : .unsigned(UInt64(value))
    case 0xD4...0xD8:
      let type = Int8(bitPattern: UInt8(try unsigned(1, start)))
      return .opaque(type: type, try range(1 << Int(head - 0xD4), start))
    case 0xD9...0xDB: return .text(try range(Int(try unsigned(1 << (head - 0xD9), start)), start))
    case 0xDC, 0xDD: return .array(try count(Int(try unsigned(head == 0xDC ? 2 : 4, start)), perItem: 1, start))
    case 0xDE, 0xDF: return .map(try count(Int(try unsigned(head == 0xDE ? 2 : 4, start)), perItem: 2, start))
    default: throw .reservedByte(at: start)
    }
  }

  /// Passes over an item with everything in it, however deep.
  public mutating func skip() throws(Failure) {
    var open = 1
    while open > 0 {
      open -= 1
      switch try next() {
      case .array(let count): open += count
      case .map(let count): open += 2 * count
      default: break
      }
    }
  }

  /// The text at a range that ``next()`` gave, broken UTF-8 replaced.
  public func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private mutating func unsigned(_ size: Int, _ start: Int) throws(Failure) -> UInt64 {
    guard bytes.count - place >= size else { throw .truncated(at: start) }
    var value: UInt64 = 0
    for offset in 0..<size { value = value << 8 | UInt64(bytes[place + offset]) }
    place += size
    return value
  }

  private mutating func range(_ length: Int, _ start: Int) throws(Failure) -> Range<Int> {
    guard bytes.count - place >= length else { throw .truncated(at: start) }
    defer { place += length }
    return place..<place + length
  }

  /// Each item takes a byte at least.
  private func count(_ count: Int, perItem: Int, _ start: Int) throws(Failure) -> Int {
    guard count <= (bytes.count - place) / perItem else { throw .truncated(at: start) }
    return count
  }
}
