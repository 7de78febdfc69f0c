/// Answers of `/v1/messages`, Anthropic's API.
struct MessagesAnswer: AnswerWriter {
  private let choice: GeneratedChoice
  private let context: AnswerContext
  private var cursor = ToolCallCursor()

  /// `choice` is the only one: this API has no `n`.
  init(_ choice: GeneratedChoice, _ context: AnswerContext) {
    self.choice = choice
    self.context = context
  }

  private var stopReason: String {
    switch choice.finishReason {
    case .length: "max_tokens"
    case .toolCalls: "tool_use"
    case .stop: choice.stopText == nil ? "end_turn" : "stop_sequence"
    case .remoteDecode, .cacheThreshold: choice.finishReason.rawValue
    }
  }

  private func usage(output: Int) -> String {
    #"{"input_tokens":\#(context.promptTokens - context.cachedTokens),"cache_creation_input_tokens":0,"cache_read_input_tokens":\#(context.cachedTokens),"output_tokens":\#(output)}"#
  }

  private func message(content: [UInt8], stopReason: String?, output: Int) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","type":"message","role":"assistant","model":"#)
    json.string(context.model)
    json.raw(#","content":["#)
    json.raw(content)
    json.raw(#"],"stop_reason":"#)
    json.stringOrNull(stopReason)
    json.raw(#","stop_sequence":"#)
    json.stringOrNull(stopReason == nil ? nil : choice.stopText)
    json.raw(",")
    if context.compatibility == .latest { json.raw(context.transferMembers) }
    json.raw(#""usage":"# + usage(output: output) + "}")
    return json.bytes
  }

  func whole() -> [UInt8] {
    var content = JSONBytes()
    if choice.toolCalls.isEmpty {
      content.raw(#"{"type":"text","text":"#)
      content.string(choice.text)
      content.raw("}")
    }
    for (index, call) in choice.toolCalls.enumerated() {
      if index > 0 { content.raw(",") }
      content.raw(#"{"type":"tool_use","id":"#)
      content.string(call.id)
      content.raw(#","name":"#)
      content.string(call.name)
      content.raw(#","input":"# + call.arguments + "}")
    }
    return message(content: content.bytes, stopReason: stopReason, output: choice.completionTokens)
  }

  mutating func opening(into stream: inout [UInt8]) {
    var json = JSONBytes()
    json.raw(#"{"type":"message_start","message":"#)
    json.raw(message(content: [], stopReason: nil, output: 0))
    json.raw("}")
    stream.append(event: "message_start", data: json.bytes)
    if choice.toolCalls.isEmpty {
      stream.append(
        event: "content_block_start",
        data: Array(#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.utf8))
    }
  }

  mutating func step(_ index: Int, into stream: inout [UInt8]) {
    if choice.toolCalls.isEmpty {
      if choice.tokens[index].isEmpty { return }
      stream.append(
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
      )
      stream.appendEscaped(choice.tokens[index])
      stream.append("\"}}\n\n")
      return
    }
    let call = choice.toolCalls[cursor.call]
    if cursor.piece == 0 {
      var json = JSONBytes()
      json.raw(#"{"type":"content_block_start","index":\#(cursor.call),"content_block":{"type":"tool_use","id":"#)
      json.string(call.id)
      json.raw(#","name":"#)
      json.string(call.name)
      json.raw(#","input":{}}}"#)
      stream.append(event: "content_block_start", data: json.bytes)
    }
    var json = JSONBytes()
    json.raw(
      #"{"type":"content_block_delta","index":\#(cursor.call),"delta":{"type":"input_json_delta","partial_json":"#)
    json.string(call.tokens[cursor.piece])
    json.raw("}}")
    stream.append(event: "content_block_delta", data: json.bytes)
    if cursor.piece == call.tokens.count - 1 { stop(block: cursor.call, &stream) }
    cursor.advance(choice.toolCalls)
  }

  mutating func closing(into stream: inout [UInt8]) {
    if choice.toolCalls.isEmpty { stop(block: 0, &stream) }
    var json = JSONBytes()
    json.raw(#"{"type":"message_delta","delta":{"stop_reason":"\#(stopReason)","stop_sequence":"#)
    json.stringOrNull(choice.stopText)
    json.raw(#"},"usage":\#(usage(output: choice.completionTokens))}"#)
    stream.append(event: "message_delta", data: json.bytes)
    stream.append(event: "message_stop", data: Array(#"{"type":"message_stop"}"#.utf8))
  }

  private func stop(block: Int, _ stream: inout [UInt8]) {
    stream.append(event: "content_block_stop", data: Array(#"{"type":"content_block_stop","index":\#(block)}"#.utf8))
  }
}
