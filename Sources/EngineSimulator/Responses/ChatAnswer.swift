/// Answers of `/v1/chat/completions`.
struct ChatAnswer: AnswerWriter {
  private let plan: GenerationPlan
  private let context: AnswerContext
  private var cursor = ToolCallCursor()
  /// A chunk up to its choice's finish reason.
  private let head: [UInt8]
  /// The same up to the content's opening quote.
  private let contentHead: [UInt8]
  private static let contentTail = Array(#""}}]}"#.utf8) + [0x0A, 0x0A]

  init(_ plan: GenerationPlan, _ context: AnswerContext) {
    self.plan = plan
    self.context = context
    var json = JSONBytes()
    json.raw(#"data: {"id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":null,"object":"chat.completion.chunk","#)
    json.raw(context.transferMembers)
    json.raw(#""choices":[{"index":0,"finish_reason":"#)
    head = json.bytes
    contentHead = json.bytes + Array(#"null,"delta":{"content":""#.utf8)
  }

  func whole() -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":"# + context.usage(completionTokens: plan.completionTokens))
    json.raw(#","object":"chat.completion","#)
    json.raw(context.transferMembers)
    json.raw(
      #""choices":[{"index":0,"finish_reason":"\#(plan.finishReason.rawValue)","message":{"role":"assistant","content":"#
    )
    if plan.toolCalls.isEmpty {
      json.string(plan.text)
    } else {
      json.raw("null,\"tool_calls\":[")
      for (index, call) in plan.toolCalls.enumerated() {
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
    json.raw("}}]}")
    return json.bytes
  }

  mutating func opening(into stream: inout [UInt8]) {
    stream += head
    stream.append(#"null,"delta":{"role":"assistant","content":""}}]}"# + "\n\n")
  }

  mutating func token(_ index: Int, into stream: inout [UInt8]) {
    if plan.toolCalls.isEmpty {
      // v0.5.0 puts the reason `length` on the last token, and only `stop` on a chunk of its own.
      if context.compatibility == .v050, plan.finishReason != .stop, index == plan.tokens.count - 1 {
        stream += head
        stream.append("\"\(plan.finishReason.rawValue)\",\"delta\":{\"content\":\"")
      } else {
        stream += contentHead
      }
      stream.appendEscaped(plan.tokens[index])
      stream += ChatAnswer.contentTail
      return
    }
    let call = plan.toolCalls[cursor.call]
    let isLast = cursor.call == plan.toolCalls.count - 1 && cursor.piece == call.tokens.count - 1
    var json = JSONBytes()
    json.raw(head)
    json.raw(isLast ? "\"\(plan.finishReason.rawValue)\"" : "null")
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
    cursor.advance(plan.toolCalls)
  }

  mutating func closing(into stream: inout [UInt8]) {
    let reasonIsOut =
      !plan.toolCalls.isEmpty
      || (context.compatibility == .v050 && plan.finishReason != .stop && !plan.tokens.isEmpty)
    if !reasonIsOut {
      stream += head
      stream.append("\"\(plan.finishReason.rawValue)\",\"delta\":{}}]}\n\n")
    }
    if context.includesUsage {
      var json = JSONBytes()
      json.raw(#"data: {"id":"#)
      json.string(context.id)
      json.raw(#","created":\#(context.created),"model":"#)
      json.string(context.model)
      json.raw(#","usage":"# + context.usage(completionTokens: plan.completionTokens))
      json.raw(#","object":"chat.completion.chunk","#)
      json.raw(context.transferMembers)
      json.raw("\"choices\":[]}\n\n")
      stream += json.bytes
    }
    stream.append("data: [DONE]\n\n")
  }
}
