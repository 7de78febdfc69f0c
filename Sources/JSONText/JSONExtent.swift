/// Where a JSON value stands in its text, and what the scanner learnt of it in passing.
public struct JSONExtent: Sendable, Equatable {
  public var kind: JSONKind
  /// From the value's first byte to past its last; a string's includes both quotes.
  public var range: Range<Int>
  /// For a string: its length in bytes of UTF-8 once unescaped. 0 for other kinds.
  public var unescapedLength: Int

  public init(kind: JSONKind, range: Range<Int>, unescapedLength: Int = 0) {
    self.kind = kind
    self.range = range
    self.unescapedLength = unescapedLength
  }

  /// For a string: it holds at least one escape. Every escape is longer than what it stands for.
  public var hasEscapes: Bool { kind == .string && range.count - 2 != unescapedLength }

  /// For a string: the bytes between the quotes.
  public var contents: Range<Int> {
    precondition(kind == .string, "only a string has contents")
    return range.lowerBound + 1..<range.upperBound - 1
  }
}

/// One member of an object, as ``JSONCursor/nextMember()`` meets it.
public struct JSONMember: Sendable, Equatable {
  /// The name, a string.
  public var key: JSONExtent
  /// Judged by the value's first byte; the value itself is not read yet.
  public var kind: JSONKind

  public init(key: JSONExtent, kind: JSONKind) {
    self.key = key
    self.kind = kind
  }
}
