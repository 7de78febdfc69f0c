/// Why bytes are not a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the scanner met.
  public enum Reason: UInt8, Sendable, Equatable {
    case unexpectedEnd
    case expectedValue
    case expectedKey
    case expectedColon
    case expectedCommaOrClosingBrace
    case expectedCommaOrClosingBracket
    case invalidLiteral
    case invalidNumber
    case unterminatedString
    case controlCharacter
    case invalidEscape
    case invalidUTF8
    case tooDeep
    case trailingBytes
  }

  /// Index of the first byte that cannot stand where it stands; the number of bytes when they end too early.
  public var offset: Int
  public var reason: Reason

  public init(offset: Int, reason: Reason) {
    self.offset = offset
    self.reason = reason
  }

  /// The reason and the place, such as `expected a value at byte 17`.
  public var description: String { "\(reason.phrase) at byte \(offset)" }
}

extension JSONError.Reason {
  /// The reason in words, without the place.
  public var phrase: String {
    switch self {
    case .unexpectedEnd: "unexpected end of the text"
    case .expectedValue: "expected a value"
    case .expectedKey: "expected a member name in double quotes"
    case .expectedColon: "expected a colon after the member name"
    case .expectedCommaOrClosingBrace: "expected a comma or a closing brace"
    case .expectedCommaOrClosingBracket: "expected a comma or a closing bracket"
    case .invalidLiteral: "expected true, false or null"
    case .invalidNumber: "invalid number"
    case .unterminatedString: "string without a closing quote"
    case .controlCharacter: "unescaped control character in a string"
    case .invalidEscape: "invalid escape in a string"
    case .invalidUTF8: "invalid UTF-8 in a string"
    case .tooDeep: "nested too deeply"
    case .trailingBytes: "bytes after the end of the value"
    }
  }
}
