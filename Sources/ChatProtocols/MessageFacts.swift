import JSONText

/// Who a message is from.
public enum MessageRole: UInt8, Sendable, Equatable {
  case system
  case developer
  case user
  case assistant
  /// A tool's result.
  case tool
  /// A function's result, in the form that tools replaced; counted as a tool's.
  case function
  /// A role of another name, or none.
  case other

  static func named(_ name: JSONExtent, in bytes: UnsafeRawBufferPointer) -> MessageRole {
    switch name.unescapedLength {
    case 4:
      return JSONString.equals(name, "user", in: bytes)
        ? .user : JSONString.equals(name, "tool", in: bytes) ? .tool : .other
    case 6: return JSONString.equals(name, "system", in: bytes) ? .system : .other
    case 8: return JSONString.equals(name, "function", in: bytes) ? .function : .other
    case 9:
      if JSONString.equals(name, "assistant", in: bytes) { return .assistant }
      return JSONString.equals(name, "developer", in: bytes) ? .developer : .other
    default: return .other
    }
  }
}

/// One message of a chat request: where it stands and what it holds. Nothing of it is decoded.
public struct MessageFacts: Sendable, Equatable {
  public var role = MessageRole.other
  /// The message's object, braces included.
  public var range: Range<Int>
  /// The value of `content`: a string, an array of parts, null or something odd; nil if there is none.
  public var content: JSONExtent?
  /// Bytes of the content's text, unescaped: of the string, or of the text parts together.
  public var textBytes = 0
  /// Image parts of the content.
  public var images = 0
  /// Entries of `tool_calls`.
  public var toolCalls = 0

  public init(range: Range<Int>) { self.range = range }
}
