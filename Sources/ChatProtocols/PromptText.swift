import JSONText

/// Reading the `prompt` of a completion or the `input` of an embedding: a string, an array of strings, or token
/// numbers, which hold no text.
enum PromptText {
  struct Summary {
    var extent: JSONExtent
    /// Bytes of the strings, unescaped.
    var textBytes = 0
  }

  /// Passes the prompt that the cursor stands before.
  ///
  /// - Parameter onText: called with each string, in order.
  static func scan(
    _ cursor: inout JSONCursor, kind: JSONKind, onText: (JSONExtent) -> Void
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
      guard element == .string else { continue }
      let text = try cursor.skipValue()
      summary.textBytes += text.unescapedLength
      onText(text)
    }
    summary.extent.range = start..<cursor.position
    return summary
  }
}
