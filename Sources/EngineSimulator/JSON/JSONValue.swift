/// A JSON value whose objects keep the order of their members, so that what is generated from a tool's schema depends on
/// the seed alone. Requests are read through it; it is not meant for speed.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// Parses one JSON text; the error names the byte offset.
  init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.document()
  }

  /// The last member of that name, as most parsers have it; nil when absent or when this is no object.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  /// The member unless it is absent or null.
  func present(_ name: String) -> JSONValue? {
    guard let value = self[name], value != .null else { return nil }
    return value
  }

  var members: [JSONMember]? {
    if case .object(let members) = self { return members }
    return nil
  }

  var elements: [JSONValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  var string: String? {
    if case .string(let string) = self { return string }
    return nil
  }

  var bool: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }

  /// An integer, also one that is spelt `3.0`.
  var integer: Int? {
    switch self {
    case .integer(let value): return value
    case .number(let value): return Int(exactly: value)
    default: return nil
    }
  }

  var number: Double? {
    switch self {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: return nil
    }
  }

  /// The value as JSON text without spaces.
  var jsonText: String {
    var writer = JSONBytes()
    writer.value(self)
    return writer.text
  }
}

/// A name and its value in a JSON object.
struct JSONMember: Sendable, Equatable {
  let name: String
  let value: JSONValue
}
