/// Answers of `/v1/responses`.
struct ResponsesAnswer: AnswerWriter {
  private let choice: GeneratedChoice
  private let context: AnswerContext
  private var cursor = ToolCallCursor()
  private var sequence = 0
  private let messageID: String

  /// `choice` is the only one: this API has no `n`.
  init(_ choice: GeneratedChoice, _ context: AnswerContext) {
    self.choice = choice
    self.context = context
    messageID = "msg_" + context.id.drop { $0 != "_" }.dropFirst()
  }

  private enum Status: String {
    case inProgress = "in_progress"
    case completed
    case incomplete
  }

  private var finalStatus: Status { choice.finishReason == .length ? .incomplete : .completed }

  private func response(_ status: Status, output: [UInt8]) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"id":"#)
    json.string(context.id)
    json.raw(#","object":"response","created_at":\#(context.created),"status":"\#(status.rawValue)","error":null,"#)
    json.raw(#""incomplete_details":"#)
    json.raw(status == .incomplete ? #"{"reason":"max_output_tokens"}"# : "null")
    json.raw(#","instructions":"#)
    json.stringOrNull(context.instructions)
    json.raw(#","model":"#)
    json.string(context.model)
    json.raw(#","output":["#)
    json.raw(output)
    json.raw(#"],"parallel_tool_calls":true,"#)
    if context.compatibility == .latest { json.raw(context.transferMembers) }
    json.raw(#""usage":"#)
    if status == .inProgress {
      json.raw("null")
    } else {
      let output = choice.completionTokens
      json.raw(
        #"{"input_tokens":\#(context.promptTokens),"input_tokens_details":{"cached_tokens":\#(context.cachedTokens)},"output_tokens":\#(output),"output_tokens_details":{"reasoning_tokens":0},"total_tokens":\#(context.promptTokens + output)}"#
      )
    }
    json.raw("}")
    return json.bytes
  }

  private func part(_ text: String) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"type":"output_text","text":"#)
    json.string(text)
    json.raw(#","annotations":[]}"#)
    return json.bytes
  }

  private func message(_ status: Status, content: [UInt8]) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"type":"message","id":"#)
    json.string(messageID)
    json.raw(#","status":"\#(status.rawValue)","role":"assistant","content":["#)
    json.raw(content)
    json.raw("]}")
    return json.bytes
  }

  private func function(_ call: ToolCall, _ status: Status, arguments: String) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"type":"function_call","id":"#)
    json.string("fc_" + call.id)
    json.raw(#","call_id":"#)
    json.string(call.id)
    json.raw(#","name":"#)
    json.string(call.name)
    json.raw(#","arguments":"#)
    json.string(arguments)
    json.raw(#","status":"\#(status.rawValue)"}"#)
    return json.bytes
  }

  private var output: [UInt8] {
    if choice.toolCalls.isEmpty { return message(finalStatus, content: part(choice.text)) }
    return Array(choice.toolCalls.map { function($0, .completed, arguments: $0.arguments) }.joined(separator: [0x2C]))
  }

  func whole() -> [UInt8] {
    response(finalStatus, output: output)
  }

  /// Appends an event; `members` follow its type and sequence number.
  private mutating func event(_ type: String, into stream: inout [UInt8], _ members: (inout JSONBytes) -> Void) {
    var json = JSONBytes()
    json.raw(#"{"type":"\#(type)","sequence_number":\#(sequence),"#)
    members(&json)
    json.raw("}")
    sequence += 1
    stream.append(event: type, data: json.bytes)
  }

  mutating func opening(into stream: inout [UInt8]) {
    let response = response(.inProgress, output: [])
    for type in ["response.created", "response.in_progress"] {
      event(type, into: &stream) {
        $0.raw(#""response":"#)
        $0.raw(response)
      }
    }
    guard choice.toolCalls.isEmpty else { return }
    let item = message(.inProgress, content: [])
    event("response.output_item.added", into: &stream) {
      $0.raw(#""output_index":0,"item":"#)
      $0.raw(item)
    }
    let id = messageID
    let empty = part("")
    event("response.content_part.added", into: &stream) {
      $0.raw(#""item_id":"\#(id)","output_index":0,"content_index":0,"part":"#)
      $0.raw(empty)
    }
  }

  mutating func step(_ index: Int, into stream: inout [UInt8]) {
    if choice.toolCalls.isEmpty {
      let id = messageID
      let token = choice.tokens[index]
      event("response.output_text.delta", into: &stream) {
        $0.raw(#""item_id":"\#(id)","output_index":0,"content_index":0,"delta":"#)
        $0.string(token)
      }
      return
    }
    let call = choice.toolCalls[cursor.call]
    let place = cursor.call
    let delta = call.tokens[cursor.piece]
    if cursor.piece == 0 {
      let item = function(call, .inProgress, arguments: "")
      event("response.output_item.added", into: &stream) {
        $0.raw(#""output_index":\#(place),"item":"#)
        $0.raw(item)
      }
    }
    event("response.function_call_arguments.delta", into: &stream) {
      $0.raw(#""item_id":"#)
      $0.string("fc_" + call.id)
      $0.raw(#","output_index":\#(place),"delta":"#)
      $0.string(delta)
    }
    if cursor.piece == call.tokens.count - 1 {
      event("response.function_call_arguments.done", into: &stream) {
        $0.raw(#""item_id":"#)
        $0.string("fc_" + call.id)
        $0.raw(#","output_index":\#(place),"arguments":"#)
        $0.string(call.arguments)
      }
      let item = function(call, .completed, arguments: call.arguments)
      event("response.output_item.done", into: &stream) {
        $0.raw(#""output_index":\#(place),"item":"#)
        $0.raw(item)
      }
    }
    cursor.advance(choice.toolCalls)
  }

  mutating func closing(into stream: inout [UInt8]) {
    if choice.toolCalls.isEmpty {
      let id = messageID
      let text = choice.text
      let part = part(text)
      let item = message(finalStatus, content: part)
      event("response.output_text.done", into: &stream) {
        $0.raw(#""item_id":"\#(id)","output_index":0,"content_index":0,"text":"#)
        $0.string(text)
      }
      event("response.content_part.done", into: &stream) {
        $0.raw(#""item_id":"\#(id)","output_index":0,"content_index":0,"part":"#)
        $0.raw(part)
      }
      event("response.output_item.done", into: &stream) {
        $0.raw(#""output_index":0,"item":"#)
        $0.raw(item)
      }
    }
    let response = response(finalStatus, output: output)
    event("response." + finalStatus.rawValue, into: &stream) {
      $0.raw(#""response":"#)
      $0.raw(response)
    }
  }
}
