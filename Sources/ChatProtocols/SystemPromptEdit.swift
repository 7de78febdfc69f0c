import JSONText

/// A system prompt on its way into a `messages` array.
struct SystemPromptEdit: Sendable, Equatable {
  var prompt: String
  /// The text of the request's own system message follows the prompt; otherwise it goes.
  var keepsText: Bool

  /// - Parameters:
  ///   - firstMessage: the first element of the array, nil if it is empty.
  ///   - start: the index at or before the array's opening bracket, with only white space between.
  func splice(
    firstMessage: MessageFacts?, arrayAt start: Int, of bytes: UnsafeRawBufferPointer,
    _ splices: inout ByteSplices
  ) {
    guard let firstMessage, firstMessage.role == .system else {
      var message: [UInt8] = []
      message.reserveCapacity(prompt.utf8.count + 48)
      message.append(contentsOf: "{\"role\":\"system\",\"content\":".utf8)
      JSONString.append(prompt, to: &message)
      message.append(UInt8(ascii: "}"))
      if firstMessage != nil { message.append(UInt8(ascii: ",")) }
      let bracket = JSONCursor(bytes, at: start).position
      splices.insert(message, at: bracket + 1)
      return
    }
    guard let content = firstMessage.content else {
      // The object has at least its role.
      var member = Array(",\"content\":".utf8)
      JSONString.append(prompt, to: &member)
      splices.insert(member, at: firstMessage.range.upperBound - 1)
      return
    }
    guard keepsText, firstMessage.textBytes > 0 else {
      var replacement: [UInt8] = []
      JSONString.append(prompt, to: &replacement)
      splices.replace(content.range, with: replacement)
      return
    }
    var before: [UInt8] = []
    JSONString.appendContents(prompt, to: &before)
    before.append(contentsOf: "\\n\\n".utf8)
    if content.kind == .string {
      splices.insert(before, at: content.range.lowerBound + 1)
    } else {
      splices.replace(content.range, with: flattened(firstMessage, after: before, bytes))
    }
  }

  /// A string of what comes before and the message's text parts, whose escapes stay as they are.
  private func flattened(
    _ message: MessageFacts, after before: [UInt8], _ bytes: UnsafeRawBufferPointer
  ) -> [UInt8] {
    var texts: [JSONExtent] = []
    RequestFacts.collectTexts(of: message, in: bytes, into: &texts)
    var string: [UInt8] = [UInt8(ascii: "\"")]
    string.append(contentsOf: before)
    for (index, text) in texts.enumerated() {
      if index > 0 { string.append(contentsOf: "\\n".utf8) }
      string.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[text.contents]))
    }
    string.append(UInt8(ascii: "\""))
    return string
  }
}
