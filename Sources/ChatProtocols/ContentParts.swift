import JSONText

/// Reading a message's `content`, a string or an array of parts.
enum ContentParts {
  /// Text and images of a content.
  struct Summary {
    var extent: JSONExtent
    var textBytes = 0
    var images = 0
  }

  /// Passes the content that the cursor stands before.
  ///
  /// - Parameter onText: called with each text, in order: the string itself, or the text of each text part (`text`,
  ///   `input_text`, or a bare string in the array).
  static func scan(
    _ cursor: inout JSONCursor, kind: JSONKind, in bytes: UnsafeRawBufferPointer,
    onText: (JSONExtent) -> Void
  ) throws(JSONError) -> Summary {
    guard kind == .array else {
      var summary = Summary(extent: try cursor.skipValue())
      if kind == .string {
        summary.textBytes = summary.extent.unescapedLength
        onText(summary.extent)
      }
      return summary
    }
    let start = cursor.position
    var summary = Summary(extent: JSONExtent(kind: .array, range: start..<start))
    try cursor.enterArray()
    while let element = try cursor.nextElement() {
      if element == .string {
        let text = try cursor.skipValue()
        summary.textBytes += text.unescapedLength
        onText(text)
      } else if element == .object {
        switch try part(&cursor, in: bytes) {
        case .text(let text):
          summary.textBytes += text.unescapedLength
          onText(text)
        case .image: summary.images += 1
        case .other: break
        }
      }
    }
    summary.extent.range = start..<cursor.position
    return summary
  }

  enum Part {
    case text(JSONExtent)
    case image
    case other
  }

  /// Passes the object that the cursor stands before.
  static func part(_ cursor: inout JSONCursor, in bytes: UnsafeRawBufferPointer)
    throws(JSONError) -> Part
  {
    var type: JSONExtent?
    var text: JSONExtent?
    try cursor.enterObject()
    while let member = try cursor.nextMember() {
      if JSONString.equals(member.key, "type", in: bytes) {
        type = try cursor.skipValue()
      } else if JSONString.equals(member.key, "text", in: bytes) {
        text = try cursor.skipValue()
      }
    }
    guard let type, type.kind == .string else { return .other }
    switch type.unescapedLength {
    case 4 where JSONString.equals(type, "text", in: bytes),
      10 where JSONString.equals(type, "input_text", in: bytes),
      11 where JSONString.equals(type, "output_text", in: bytes):
      if let text, text.kind == .string { return .text(text) }
      return .other
    case 5 where JSONString.equals(type, "image", in: bytes),
      9 where JSONString.equals(type, "image_url", in: bytes),
      11 where JSONString.equals(type, "input_image", in: bytes):
      return .image
    default: return .other
    }
  }
}
