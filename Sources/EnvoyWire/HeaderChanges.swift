/// Changes to header fields: `HeaderMutation` (1 set_headers, 2 remove_headers), kept as it is sent.
///
/// Every field is set by `append_action` OVERWRITE_IF_EXISTS_OR_ADD, with its value in `raw_value`, so that nothing a
/// client sent of that name stays.
public struct HeaderChanges: Sendable, Equatable {
  /// The fields of the mutation, one behind the other.
  private(set) var encoded: [UInt8] = []
  /// What the fields of a usual answer or request take.
  private static let usualBytes = 640

  public init() {}

  public var isEmpty: Bool { encoded.isEmpty }

  /// Sets a field; its name in lower case.
  public mutating func set(_ name: StaticString, to value: [UInt8]) {
    value.withUnsafeBytes { append(Self.bytes(of: name), $0, checks: false) }
  }

  /// Sets a field; its name in lower case. A control character in the value, which would make the field unsendable,
  /// becomes a space.
  public mutating func set(_ name: StaticString, to value: String) {
    var value = value
    value.withUTF8 { append(Self.bytes(of: name), UnsafeRawBufferPointer($0), checks: true) }
  }

  /// Sets a field whose name is not known beforehand; in lower case. Control characters as in ``set(_:to:)``.
  public mutating func set(field name: String, to value: String) {
    var (name, value) = (name, value)
    name.withUTF8 { name in
      value.withUTF8 { append(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer($0), checks: true) }
    }
  }

  /// Removes every field of a name.
  public mutating func remove(_ name: String) {
    reserveUsual()
    var writer = ProtobufWriter(appendingTo: encoded)
    encoded = []
    writer.string(2, name)
    encoded = writer.bytes
  }

  private static func bytes(of name: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }

  private mutating func reserveUsual() {
    if encoded.capacity == 0 { encoded.reserveCapacity(Self.usualBytes) }
  }

  /// Without a branch a byte, so that a vector of them is looked at at once.
  private static func hasControls(_ value: UnsafeRawBufferPointer) -> Bool {
    var found: UInt8 = 0
    for byte in value { found |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0) }
    return found != 0
  }

  /// HeaderValueOption: 1 header (1 key, 3 raw_value), 3 append_action.
  private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, checks: Bool) {
    func field(_ count: Int) -> Int { 1 + ProtobufWriter.varintSize(UInt64(count)) + count }
    reserveUsual()
    let header = field(name.count) + field(value.count)
    let option = field(header) + 2
    withUnsafeTemporaryAllocation(byteCount: field(option), alignment: 8) { room in
      var place = 0
      func put(_ tag: UInt8, _ count: Int) {
        room[place] = tag
        place += 1
        var rest = UInt64(count)
        while rest >= 0x80 {
          room[place] = UInt8(truncatingIfNeeded: rest) | 0x80
          place += 1
          rest >>= 7
        }
        room[place] = UInt8(truncatingIfNeeded: rest)
        place += 1
      }
      put(1 << 3 | 2, option)
      put(1 << 3 | 2, header)
      put(1 << 3 | 2, name.count)
      UnsafeMutableRawBufferPointer(rebasing: room[place...]).copyMemory(from: name)
      place += name.count
      put(3 << 3 | 2, value.count)
      let copy = UnsafeMutableRawBufferPointer(rebasing: room[place...])
      copy.copyMemory(from: value)
      if checks, Self.hasControls(value) {
        for (index, byte) in value.enumerated() where byte < 0x20 || byte == 0x7F { copy[index] = 0x20 }
      }
      place += value.count
      put(3 << 3, 2)
      encoded.append(contentsOf: UnsafeRawBufferPointer(room))
    }
  }

  /// Bytes of the fields.
  var size: Int { encoded.count }

  /// Writes the fields of the mutation.
  func write(to writer: inout ProtobufWriter) { writer.raw(encoded) }
}
