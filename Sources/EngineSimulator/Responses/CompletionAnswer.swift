/// Answers of `/v1/completions`.
struct CompletionAnswer: AnswerWriter {
  /// A choice and what its chunks have in common.
  private struct Choice {
    let content: GeneratedChoice
    /// A chunk up to its choice's finish reason.
    let head: [UInt8]
    /// The same up to the text's opening quote.
    let textHead: [UInt8]
  }

  private let plan: GenerationPlan
  private let context: AnswerContext
  private let choices: [Choice]
  private static let textTail = Array(#""}]}"#.utf8) + [0x0A, 0x0A]

  init(_ plan: GenerationPlan, _ context: AnswerContext) {
    self.plan = plan
    self.context = context
    let start = Array("data: ".utf8) + CompletionAnswer.head(context, usage: "null")
    choices = plan.choices.enumerated().map { index, content in
      let head = start + Array(#""choices":[{"index":\#(index),"finish_reason":"#.utf8)
      return Choice(content: content, head: head, textHead: head + Array(#"null,"text":""#.utf8))
    }
  }

  /// An answer or a chunk up to its choices.
  private static func head(_ context: AnswerContext, usage: String) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":\#(usage),"object":"text_completion","#)
    json.raw(context.transferMembers)
    return json.bytes
  }

  func whole() -> [UInt8] {
    var json = JSONBytes()
    json.raw(CompletionAnswer.head(context, usage: context.usage(completionTokens: plan.completionTokens)))
    json.raw(#""choices":["#)
    for (index, choice) in plan.choices.enumerated() {
      if index > 0 { json.raw(",") }
      json.raw(#"{"index":\#(index),"finish_reason":"#)
      json.raw(choice.finishMembers)
      if index == 0, let handOver = context.handOver { json.raw(handOver.membersOfChoice) }
      json.raw(",\"text\":")
      json.string(choice.text)
      json.raw("}")
    }
    json.raw("]}")
    return json.bytes
  }

  mutating func opening(into stream: inout [UInt8]) {}

  mutating func step(_ index: Int, into stream: inout [UInt8]) {
    for choice in choices where index < choice.content.pieces {
      let content = choice.content
      let isLast = index == content.pieces - 1
      if !content.tokens[index].isEmpty {
        // v0.5.0 puts every reason but `stop` on the last token.
        if isLast, putsReasonOnLastToken(content) {
          stream += choice.head
          stream.append("\"\(content.finishReason.rawValue)\",\"text\":\"")
        } else {
          stream += choice.textHead
        }
        stream.appendEscaped(content.tokens[index])
        stream += CompletionAnswer.textTail
      }
      if isLast { end(choice, into: &stream) }
    }
  }

  mutating func closing(into stream: inout [UInt8]) {
    for choice in choices where choice.content.pieces == 0 { end(choice, into: &stream) }
    if context.includesUsage {
      stream.append("data: ")
      stream += CompletionAnswer.head(context, usage: context.usage(completionTokens: plan.completionTokens))
      stream.append("\"choices\":[]}\n\n")
    }
    stream.append("data: [DONE]\n\n")
  }

  private func putsReasonOnLastToken(_ content: GeneratedChoice) -> Bool {
    context.compatibility == .v050 && content.finishReason != .stop && !content.tokens.isEmpty
  }

  private func end(_ choice: Choice, into stream: inout [UInt8]) {
    guard !putsReasonOnLastToken(choice.content) else { return }
    stream += choice.head
    stream.append(choice.content.finishMembers + ",\"text\":\"\"}]}\n\n")
  }
}
