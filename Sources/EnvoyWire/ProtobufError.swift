/// Why bytes are not a message in the protobuf wire format. Offsets count bytes from the start of the message.
public enum ProtobufError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The message ends inside a field.
  case truncated(at: Int)
  /// A varint of more than ten bytes, or one that does not fit 64 bits.
  case malformedVarint(at: Int)
  /// A field number of 0 or above 2²⁹ − 1.
  case badFieldNumber(at: Int)
  /// A group (wire types 3 and 4, which proto3 does not have) or a wire type that does not exist.
  case unknownWireType(UInt8, at: Int)
  /// A field that is known, in another wire type than its own.
  case wrongWireType(field: Int, at: Int)

  /// One line, with the offset.
  public var description: String {
    switch self {
    case .truncated(let offset): "the message ends inside the field at byte \(offset)"
    case .malformedVarint(let offset): "there is no varint at byte \(offset)"
    case .badFieldNumber(let offset): "the field number at byte \(offset) is out of range"
    case .unknownWireType(let type, let offset): "wire type \(type) at byte \(offset) is not one of proto3"
    case .wrongWireType(let field, let offset): "field \(field) at byte \(offset) has another wire type than its own"
    }
  }
}
