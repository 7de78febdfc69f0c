/// Answers of `/v1/chat/completions`.
struct ChatAnswer: AnswerWriter {
  /// A choice and what its chunks have in common.
  private struct Choice {
    let content: GeneratedChoice
    /// A chunk up to its choice's finish reason.
    let head: [UInt8]
    /// The same up to the content's opening quote.
    let contentHead: [UInt8]
    var cursor = ToolCallCursor()
  }

  private let plan: GenerationPlan
  private let context: AnswerContext
  private var choices: [Choice]
  private static let contentTail = Array(#""}}]}"#.utf8) + [0x0A, 0x0A]

  init(_ plan: GenerationPlan, _ context: AnswerContext) {
    self.plan = plan
    self.context = context
    let start = Array("data: ".utf8) + ChatAnswer.head(context, object: "chat.completion.chunk", usage: "null")
    choices = plan.choices.enumerated().map { index, content in
      let head = start + Array(#""choices":[{"index":\#(index),"finish_reason":"#.utf8)
      return Choice(content: content, head: head, contentHead: head + Array(#"null,"delta":{"content":""#.utf8))
    }
  }

  /// An answer or a chunk up to its choices.
  private static func head(_ context: AnswerContext, object: String, usage: String) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":\#(usage),"object":"\#(object)","#)
    json.raw(context.transferMembers)
    return json.bytes
  }

  func whole() -> [UInt8] {
    var json = JSONBytes()
    let usage = context.usage(completionTokens: plan.completionTokens)
    json.raw(ChatAnswer.head(context, object: "chat.completion", usage: usage))
    json.raw(#""choices":["#)
    for (index, choice) in plan.choices.enumerated() {
      if index > 0 { json.raw(",") }
      json.raw(#"{"index":\#(index),"finish_reason":"#)
      json.raw(choice.finishMembers)
      if index == 0, let handOver = context.handOver { json.raw(handOver.membersOfChoice) }
      json.raw(#","message":{"role":"assistant","content":"#)
      if choice.toolCalls.isEmpty {
        json.string(choice.text)
      } else {
        json.raw("null,\"tool_calls\":[")
        for (index, call) in choice.toolCalls.enumerated() {
          if index > 0 { json.raw(",") }
          json.raw(#"{"id":"#)
          json.string(call.id)
          json.raw(#","type":"function","function":{"name":"#)
          json.string(call.name)
          json.raw(#","arguments":"#)
          json.string(call.arguments)
          json.raw(#"},"index":\#(index)}"#)
        }
        json.raw("]")
      }
      json.raw("}}")
    }
    json.raw("]}")
    return json.bytes
  }

  mutating func opening(into stream: inout [UInt8]) {
    for choice in choices {
      stream += choice.head
      stream.append(#"null,"delta":{"role":"assistant","content":""}}]}"# + "\n\n")
    }
  }

  mutating func step(_ index: Int, into stream: inout [UInt8]) {
    for position in choices.indices where index < choices[position].content.pieces {
      if choices[position].content.toolCalls.isEmpty {
        token(index, of: choices[position], into: &stream)
      } else {
        callPiece(of: &choices[position], into: &stream)
      }
      if index == choices[position].content.pieces - 1 { end(choices[position], into: &stream) }
    }
  }

  private func token(_ index: Int, of choice: Choice, into stream: inout [UInt8]) {
    let content = choice.content
    if content.tokens[index].isEmpty { return }
    if context.compatibility == .v050, content.finishReason != .stop, index == content.tokens.count - 1 {
      stream += choice.head
      stream.append("\"\(content.finishReason.rawValue)\",\"delta\":{\"content\":\"")
    } else {
      stream += choice.contentHead
    }
    stream.appendEscaped(content.tokens[index])
    stream += ChatAnswer.contentTail
  }

  private func callPiece(of choice: inout Choice, into stream: inout [UInt8]) {
    let calls = choice.content.toolCalls
    let cursor = choice.cursor
    let call = calls[cursor.call]
    let isLast = cursor.call == calls.count - 1 && cursor.piece == call.tokens.count - 1
    var json = JSONBytes()
    json.raw(choice.head)
    json.raw(isLast ? choice.content.finishMembers : "null")
    json.raw(#","delta":{"tool_calls":[{"index":\#(cursor.call),"#)
    if cursor.piece == 0 {
      json.raw(#""id":"#)
      json.string(call.id)
      json.raw(#","type":"function","function":{"name":"#)
      json.string(call.name)
      json.raw(#","arguments":"#)
    } else {
      json.raw(#""function":{"arguments":"#)
    }
    json.string(call.tokens[cursor.piece])
    json.raw("}}]}}]}\n\n")
    stream += json.bytes
    choice.cursor.advance(calls)
  }

  /// The chunk with the finish reason, unless the last piece had it: so it is with tool calls, and v0.5.0 puts every
  /// reason but `stop` on the last token.
  private func end(_ choice: Choice, into stream: inout [UInt8]) {
    let content = choice.content
    guard content.toolCalls.isEmpty else { return }
    if context.compatibility == .v050, content.finishReason != .stop, !content.tokens.isEmpty { return }
    stream += choice.head
    stream.append(content.finishMembers + ",\"delta\":{}}]}\n\n")
  }

  mutating func closing(into stream: inout [UInt8]) {
    for choice in choices where choice.content.pieces == 0 { end(choice, into: &stream) }
    if context.includesUsage {
      stream.append("data: ")
      stream += ChatAnswer.head(
        context, object: "chat.completion.chunk", usage: context.usage(completionTokens: plan.completionTokens))
      stream.append("\"choices\":[]}\n\n")
    }
    stream.append("data: [DONE]\n\n")
  }
}
