import JSONText

/// A JSON value under construction: for answers that are built once and read by people and tools, not for the bodies on
/// the request path, which are spliced.
///
/// Objects keep the order of their members. Values nest as deeply as the caller nests them; ``bytes`` recurses once a
/// level.
public indirect enum JSONNode: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// Written with at most six decimals; null unless finite, for JSON has no other word.
  case number(Double)
  case string(String)
  case array([JSONNode])
  case object([(key: String, value: JSONNode)])

  /// The value, or null.
  public static func optional(_ value: String?) -> JSONNode { value.map(JSONNode.string) ?? .null }

  /// An array of strings.
  public static func strings(_ values: [String]) -> JSONNode { .array(values.map(JSONNode.string)) }

  /// The value as JSON, without white space.
  public var bytes: [UInt8] {
    var output: [UInt8] = []
    append(to: &output)
    return output
  }

  private func append(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .boolean(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): output.append(contentsOf: String(value).utf8)
    case .number(let value):
      output.append(contentsOf: (value.isFinite ? Self.rounded(value) : "null").utf8)
    case .string(let value): JSONString.append(value, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.append(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        JSONString.append(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.append(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// Single-precision probabilities would print all their noise: 0.93 as 0.9300000071525574.
  private static func rounded(_ value: Double) -> String {
    guard abs(value) < 1e9 else { return "\(value)" }
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
