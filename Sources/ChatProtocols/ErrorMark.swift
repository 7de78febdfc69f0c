/// A field of an answer by which AIBrix's clients tell what went wrong.
public struct ErrorMark: Sendable, Equatable {
  /// Bytes of a client's text that a field of ours repeats.
  public static let valueLimit = 128

  /// In lower case.
  public let field: StaticString
  /// `true`, or what was asked for: then a client's text, in which control characters may stand.
  public let value: String

  /// - Parameter value: its first ``valueLimit`` bytes are kept, cut between characters.
  public init(_ field: StaticString, _ value: String = "true") {
    self.field = field
    self.value = Self.cut(value)
  }

  /// A client's text as a field may repeat it: its first ``valueLimit`` bytes, cut between characters.
  public static func cut(_ text: String) -> String {
    guard text.utf8.count > valueLimit else { return text }
    return String(text.unicodeScalars[..<text.utf8.index(text.startIndex, offsetBy: valueLimit)])
  }

  public static func == (one: ErrorMark, other: ErrorMark) -> Bool {
    one.field.description == other.field.description && one.value == other.value
  }
}
