/// Changes to header fields: `HeaderMutation` (1 set_headers, 2 remove_headers).
///
/// Every field is set by `append_action` OVERWRITE_IF_EXISTS_OR_ADD, with its value in `raw_value`, so that nothing a
/// client sent of that name stays.
public struct HeaderChanges: Sendable, Equatable {
  /// Fields to set, in their order; names in lower case.
  public private(set) var fields: [(name: String, value: [UInt8])] = []
  /// Fields to remove.
  public private(set) var removed: [String] = []

  public init() {}

  public var isEmpty: Bool { fields.isEmpty && removed.isEmpty }

  /// Sets a field.
  public mutating func set(_ name: String, to value: some Collection<UInt8>) { fields.append((name, Array(value))) }

  /// Sets a field. A control character, which would make the field unsendable, becomes a space.
  public mutating func set(_ name: String, to value: String) {
    fields.append((name, value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }))
  }

  /// Removes every field of a name.
  public mutating func remove(_ name: String) { removed.append(name) }

  public static func == (left: Self, right: Self) -> Bool {
    left.removed == right.removed && left.fields.count == right.fields.count
      && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }

  /// Bytes of the fields, about.
  var size: Int { fields.reduce(removed.count * 16) { $0 + $1.name.utf8.count + $1.value.count + 12 } }

  /// Writes the fields of the mutation.
  func write(to writer: inout ProtobufWriter) {
    for (name, value) in fields {
      // HeaderValueOption: 1 header, 3 append_action.
      writer.message(1, expecting: name.utf8.count + value.count + 8) { option in
        option.message(1, expecting: name.utf8.count + value.count + 4) { header in
          header.string(1, name)
          header.bytes(3, value)
        }
        option.varint(3, 2)
      }
    }
    for name in removed { writer.string(2, name) }
  }
}
