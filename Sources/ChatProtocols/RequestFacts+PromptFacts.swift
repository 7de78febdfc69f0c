import JSONText

/// Decoding the texts of a request, for those who read them.
extension RequestFacts {
  /// The evaluation text, the metadata and the counts.
  ///
  /// Cost: linear in the messages that are decoded, one allocation for the text.
  ///
  /// - Parameters:
  ///   - body: the bytes the facts were made from; others are a programming error and may trap.
  ///   - withHistory: whether ``PromptFacts/history`` is wanted.
  public func promptFacts(body: UnsafeRawBufferPointer, withHistory: Bool = false) -> PromptFacts {
    precondition(body.count == bodyLength, "the body is not the one that the facts were made from")
    return PromptFacts(
      evaluationText: evaluationText(body), history: withHistory ? history(body) : [], metadata: metadata(body),
      conversation: conversation,
      size: size)
  }

  /// The evaluation text, the metadata and the counts.
  ///
  /// - Parameter body: the bytes the facts were made from; others are a programming error and may trap.
  public func promptFacts(body: [UInt8], withHistory: Bool = false) -> PromptFacts {
    body.withUnsafeBytes { promptFacts(body: $0, withHistory: withHistory) }
  }

  private func history(_ body: UnsafeRawBufferPointer) -> [[UInt8]] {
    guard endpoint == .chatCompletions else { return [] }
    let read = messages.lastIndex { $0.role == .user && $0.textBytes > 0 }
    var history: [[UInt8]] = []
    for (index, message) in messages.enumerated() where message.textBytes > 0 && index != read {
      switch message.role {
      case .user, .assistant, .tool, .function, .other:
        var texts: [JSONExtent] = []
        Self.collectTexts(of: message, in: body, into: &texts)
        history.append(Self.joined(texts, in: body))
      case .system, .developer: break
      }
    }
    return history
  }

  private func evaluationText(_ body: UnsafeRawBufferPointer) -> [UInt8] {
    var texts: [JSONExtent] = []
    switch endpoint {
    case .chatCompletions:
      if let message = messages.last(where: { $0.role == .user && $0.textBytes > 0 }) {
        Self.collectTexts(of: message, in: body, into: &texts)
      } else {
        for message in messages where message.textBytes > 0 {
          switch message.role {
          case .system, .developer, .assistant:
            Self.collectTexts(of: message, in: body, into: &texts)
          case .user, .tool, .function, .other: break
          }
        }
      }
    case .completions, .embeddings:
      if let prompt = member(endpoint == .completions ? .prompt : .input)?.value {
        var cursor = JSONCursor(body, at: prompt.range.lowerBound)
        checked { () throws(JSONError) in
          _ = try PromptText.scan(&cursor, kind: prompt.kind) { texts.append($0) }
        }
      }
    }
    return Self.joined(texts, in: body)
  }

  /// Appends the texts of a message's content: the string, or its text parts in order. Empty ones are left out.
  static func collectTexts(
    of message: MessageFacts, in body: UnsafeRawBufferPointer, into texts: inout [JSONExtent]
  ) {
    guard let content = message.content else { return }
    var cursor = JSONCursor(body, at: content.range.lowerBound)
    checked { () throws(JSONError) in
      _ = try ContentParts.scan(&cursor, kind: content.kind, in: body) { text in
        if text.unescapedLength > 0 { texts.append(text) }
      }
    }
  }

  /// The texts, unescaped, with a space between them.
  private static func joined(_ texts: [JSONExtent], in body: UnsafeRawBufferPointer) -> [UInt8] {
    let length = texts.reduce(0) { $0 + $1.unescapedLength } + max(0, texts.count - 1)
    var joined: [UInt8] = []
    joined.reserveCapacity(length)
    for text in texts {
      if !joined.isEmpty { joined.append(UInt8(ascii: " ")) }
      JSONString.appendUnescaped(text, in: body, to: &joined)
    }
    return joined
  }

  private func metadata(_ body: UnsafeRawBufferPointer) -> [String: String] {
    guard let value = member(.metadata)?.value, value.kind == .object else { return [:] }
    var metadata: [String: String] = [:]
    var cursor = JSONCursor(body, at: value.range.lowerBound)
    checked { () throws(JSONError) in
      try cursor.enterObject()
      while let entry = try cursor.nextMember() {
        let key = JSONString.text(entry.key, in: body)
        let value = try cursor.skipValue()
        metadata[key] =
          value.kind == .string
          ? JSONString.text(value, in: body) : nil
      }
    }
    return metadata
  }
}

/// Reads bytes that were checked before, so that a fault of theirs means that they are other bytes.
func checked(_ read: () throws(JSONError) -> Void) {
  do {
    try read()
  } catch {
    preconditionFailure("the body is not the one that the facts were made from: \(error)")
  }
}
