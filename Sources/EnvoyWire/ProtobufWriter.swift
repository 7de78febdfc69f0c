/// Appends protobuf fields to bytes, in the order they are written.
///
/// The length of a message stands before its content, so room for it is left and, where the guess was wrong, the content
/// moved: say how long a large one will be and nothing moves. Lengths are written in as few bytes as they need. A value
/// of one owner; not for use by several threads at once.
public struct ProtobufWriter {
  /// What was written.
  public private(set) var bytes: [UInt8]

  /// - Parameter capacity: bytes to make room for.
  public init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Goes on behind bytes that are there.
  public init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

  /// Makes room for further bytes, at least as much as would double what there is.
  public mutating func reserve(_ count: Int) {
    let needed = bytes.count + count
    if needed > bytes.capacity { bytes.reserveCapacity(max(needed, 2 * bytes.capacity)) }
  }

  /// An integer, enumeration or truth value.
  public mutating func varint(_ field: Int, _ value: Int) {
    tag(field, wireType: 0)
    append(varint: UInt64(value))
  }

  /// A string or bytes.
  public mutating func bytes(_ field: Int, _ value: UnsafeRawBufferPointer) {
    tag(field, wireType: 2)
    append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A string or bytes.
  public mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
    tag(field, wireType: 2)
    append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A string.
  public mutating func string(_ field: Int, _ value: StaticString) {
    bytes(field, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// A string.
  public mutating func string(_ field: Int, _ value: String) {
    var value = value
    value.withUTF8 { bytes(field, UnsafeRawBufferPointer($0)) }
  }

  /// A message.
  ///
  /// - Parameter expected: about how many bytes it will have.
  public mutating func message(_ field: Int, expecting expected: Int = 0, _ content: (inout ProtobufWriter) -> Void) {
    tag(field, wireType: 2)
    let start = bytes.count
    let room = Self.varintSize(UInt64(expected))
    for _ in 0..<room { bytes.append(0) }
    content(&self)
    let length = UInt64(bytes.count - start - room)
    let needed = Self.varintSize(length)
    if needed > room {
      bytes.insert(contentsOf: repeatElement(0, count: needed - room), at: start)
    } else if needed < room {
      bytes.removeSubrange(start..<start + room - needed)
    }
    var rest = length
    for index in 0..<needed {
      bytes[start + index] = UInt8(truncatingIfNeeded: rest & 0x7F) | (index + 1 < needed ? 0x80 : 0)
      rest >>= 7
    }
  }

  /// Bytes that are written already.
  public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  /// Overwrites four bytes with a number, big-endian.
  ///
  /// - Precondition: four bytes are there.
  public mutating func replace(at offset: Int, with value: UInt32) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
  }

  private mutating func tag(_ field: Int, wireType: UInt64) { append(varint: UInt64(field) << 3 | wireType) }

  @inline(__always)
  private mutating func append(varint value: UInt64) {
    if value < 0x80 { bytes.append(UInt8(truncatingIfNeeded: value)) } else { append(longVarint: value) }
  }

  private mutating func append(longVarint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  static func varintSize(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }
}
