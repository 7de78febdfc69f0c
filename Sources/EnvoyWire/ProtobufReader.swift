/// Reads the fields of one protobuf message in their order, and copies nothing: values are ranges of the message.
///
/// The wire format is that of protobuf's encoding guide: a tag (field number and wire type, a varint) and a value. Fields
/// nobody knows are read past. Linear in the bytes; a message inside another is read by a reader of its range. Not for
/// use by several threads at once; the bytes must outlive it.
public struct ProtobufReader {
  /// A field's value, by its wire type.
  public enum Value: Equatable {
    case varint(UInt64)
    case fixed64
    /// A string, bytes or a message: where its bytes stand.
    case bytes(Range<Int>)
    case fixed32
  }

  /// One field.
  public struct Field: Equatable {
    public var number: Int
    public var value: Value
    /// Where its tag stands.
    public var offset: Int

    /// The range of a string, bytes or a message.
    ///
    /// - Throws: when the field is of another wire type.
    public func range() throws(ProtobufError) -> Range<Int> {
      guard case .bytes(let range) = value else { throw .wrongWireType(field: number, at: offset) }
      return range
    }

    /// An integer or enumeration; one of more than 32 bits, which none of the fields here may have, is -1.
    ///
    /// - Throws: when the field is of another wire type.
    public func integer() throws(ProtobufError) -> Int {
      guard case .varint(let value) = value else { throw .wrongWireType(field: number, at: offset) }
      return value <= UInt64(UInt32.max) ? Int(value) : -1
    }

    /// A truth value: every varint but 0 is true.
    ///
    /// - Throws: when the field is of another wire type.
    public func boolean() throws(ProtobufError) -> Bool {
      guard case .varint(let value) = value else { throw .wrongWireType(field: number, at: offset) }
      return value != 0
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private let end: Int

  /// - Parameter range: the message inside the bytes; nil for all of them.
  /// - Precondition: the range is inside the bytes.
  public init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil) {
    precondition(range.map { $0.lowerBound >= 0 && $0.upperBound <= bytes.count } ?? true, "a range outside its bytes")
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// The next field; nil at the end of the message.
  ///
  /// - Throws: the fault. The reader is of no use then.
  public mutating func next() throws(ProtobufError) -> Field? {
    guard position < end else { return nil }
    let offset = position
    let tag = try varint()
    let number = tag >> 3
    guard number >= 1, number < 1 << 29 else { throw .badFieldNumber(at: offset) }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try varint())
    case 1:
      try skip(8, of: offset)
      value = .fixed64
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else { throw .truncated(at: offset) }
      value = .bytes(position..<position + Int(length))
      position += Int(length)
    case 5:
      try skip(4, of: offset)
      value = .fixed32
    default: throw .unknownWireType(UInt8(tag & 7), at: offset)
    }
    return Field(number: Int(number), value: value, offset: offset)
  }

  private mutating func skip(_ count: Int, of field: Int) throws(ProtobufError) {
    guard end - position >= count else { throw .truncated(at: field) }
    position += count
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      // The tenth byte has room for one bit.
      guard shift < 63 || byte <= 1 else { throw .malformedVarint(at: start) }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw .truncated(at: start)
  }
}
