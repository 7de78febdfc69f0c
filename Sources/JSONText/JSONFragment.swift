/// A JSON value as bytes, known to be valid: what an edit may put into a body.
public struct JSONFragment: Sendable, Equatable {
  /// Exactly one JSON value.
  public let bytes: [UInt8]

  /// - Throws: the first fault, if the bytes are not exactly one JSON value.
  public init(validating bytes: [UInt8]) throws(JSONError) {
    try JSONText.validate(bytes)
    self.bytes = bytes
  }

  /// - Throws: the first fault, if the text is not exactly one JSON value.
  public init(validating text: String) throws(JSONError) {
    try self.init(validating: Array(text.utf8))
  }

  private init(trusted bytes: [UInt8]) { self.bytes = bytes }

  public static let null = JSONFragment(trusted: Array("null".utf8))
  public static let emptyObject = JSONFragment(trusted: Array("{}".utf8))

  public static func boolean(_ value: Bool) -> JSONFragment {
    JSONFragment(trusted: Array((value ? "true" : "false").utf8))
  }

  public static func integer(_ value: Int) -> JSONFragment {
    JSONFragment(trusted: Array(String(value).utf8))
  }

  public static func string(_ value: String) -> JSONFragment {
    var bytes: [UInt8] = []
    JSONString.append(value, to: &bytes)
    return JSONFragment(trusted: bytes)
  }

  /// An object with the given members, in order.
  public static func object(_ members: KeyValuePairs<String, JSONFragment>) -> JSONFragment {
    object(of: members.map { ($0.key, $0.value) })
  }

  /// An object with the given members, in order.
  public static func object(of members: [(key: String, value: JSONFragment)]) -> JSONFragment {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(members.reduce(2) { $0 + $1.key.utf8.count + $1.value.bytes.count + 4 })
    bytes.append(UInt8(ascii: "{"))
    for member in members {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      JSONString.append(member.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      bytes.append(contentsOf: member.value.bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    return JSONFragment(trusted: bytes)
  }

  /// An array of the given elements, in order.
  public static func array(_ elements: [JSONFragment]) -> JSONFragment {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: element.bytes)
    }
    bytes.append(UInt8(ascii: "]"))
    return JSONFragment(trusted: bytes)
  }
}
