/// Answers of `/v1/completions`.
struct CompletionAnswer: AnswerWriter {
  private let plan: GenerationPlan
  private let context: AnswerContext
  private let head: [UInt8]
  private let textHead: [UInt8]
  private static let textTail = Array(#""}]}"#.utf8) + [0x0A, 0x0A]

  init(_ plan: GenerationPlan, _ context: AnswerContext) {
    self.plan = plan
    self.context = context
    head = Array("data: ".utf8) + CompletionAnswer.head(context, usage: "null")
    textHead = head + Array(#"null,"text":""#.utf8)
  }

  private static func head(
    _ context: AnswerContext, usage: String, choices: String = #""choices":[{"index":0,"finish_reason":"#
  )
    -> [UInt8]
  {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":"# + usage)
    json.raw(#","object":"text_completion","#)
    json.raw(context.transferMembers)
    json.raw(choices)
    return json.bytes
  }

  func whole() -> [UInt8] {
    var json = JSONBytes()
    json.raw(CompletionAnswer.head(context, usage: context.usage(completionTokens: plan.completionTokens)))
    json.raw("\"\(plan.finishReason.rawValue)\",\"text\":")
    json.string(plan.text)
    json.raw("}]}")
    return json.bytes
  }

  mutating func opening(into stream: inout [UInt8]) {}

  mutating func token(_ index: Int, into stream: inout [UInt8]) {
    if context.compatibility == .v050, plan.finishReason != .stop, index == plan.tokens.count - 1 {
      stream += head
      stream.append("\"\(plan.finishReason.rawValue)\",\"text\":\"")
    } else {
      stream += textHead
    }
    stream.appendEscaped(plan.tokens[index])
    stream += CompletionAnswer.textTail
  }

  mutating func closing(into stream: inout [UInt8]) {
    if context.compatibility != .v050 || plan.finishReason == .stop || plan.tokens.isEmpty {
      stream += head
      stream.append("\"\(plan.finishReason.rawValue)\",\"text\":\"\"}]}\n\n")
    }
    if context.includesUsage {
      stream.append("data: ")
      stream += CompletionAnswer.head(
        context, usage: context.usage(completionTokens: plan.completionTokens), choices: #""choices":[]}"#)
      stream.append("\n\n")
    }
    stream.append("data: [DONE]\n\n")
  }
}
