/// Answers of `/inference/v1/generate`: token numbers, and beside them the text that a real engine leaves to its caller.
struct GenerateAnswer: AnswerWriter {
  private let plan: GenerationPlan
  private let context: AnswerContext
  /// A chunk up to its choices.
  private let chunkHead: [UInt8]

  init(_ plan: GenerationPlan, _ context: AnswerContext) {
    self.plan = plan
    self.context = context
    chunkHead = Array("data: ".utf8) + GenerateAnswer.head(context, usage: "null")
  }

  private static func head(_ context: AnswerContext, usage: String) -> [UInt8] {
    var json = JSONBytes()
    json.raw(#"{"request_id":"#)
    json.string(context.id)
    json.raw(#","created":\#(context.created),"model":"#)
    json.string(context.model)
    json.raw(#","usage":\#(usage),"#)
    json.raw(context.transferMembers)
    return json.bytes
  }

  private func choice(_ index: Int, reason: String, tokens: ArraySlice<UInt32>, text: String) -> [UInt8] {
    var json = JSONBytes(capacity: 128 + 11 * tokens.count + text.utf8.count)
    json.raw(#"{"index":\#(index),"finish_reason":\#(reason),"token_ids":["#)
    json.raw(tokens.map(String.init).joined(separator: ","))
    json.raw(#"],"text":"#)
    json.string(text)
    json.raw("}")
    return json.bytes
  }

  func whole() -> [UInt8] {
    var json = JSONBytes()
    json.raw(GenerateAnswer.head(context, usage: context.usage(completionTokens: plan.completionTokens)))
    json.raw(#""choices":["#)
    for (index, choice) in plan.choices.enumerated() {
      if index > 0 { json.raw(",") }
      json.raw(
        self.choice(index, reason: choice.finishMembers, tokens: choice.identifiers[...], text: choice.text))
    }
    json.raw("]}")
    return json.bytes
  }

  mutating func opening(into stream: inout [UInt8]) {}

  mutating func step(_ index: Int, into stream: inout [UInt8]) {
    for (position, choice) in plan.choices.enumerated() where index < choice.pieces {
      chunk(
        position, reason: "null", tokens: choice.identifiers[index...index], text: choice.tokens[index], into: &stream)
      if index == choice.pieces - 1 { end(position, into: &stream) }
    }
  }

  mutating func closing(into stream: inout [UInt8]) {
    for (position, choice) in plan.choices.enumerated() where choice.pieces == 0 { end(position, into: &stream) }
    if context.includesUsage {
      stream.append("data: ")
      stream += GenerateAnswer.head(context, usage: context.usage(completionTokens: plan.completionTokens))
      stream.append("\"choices\":[]}\n\n")
    }
    stream.append("data: [DONE]\n\n")
  }

  private func end(_ index: Int, into stream: inout [UInt8]) {
    chunk(index, reason: plan.choices[index].finishMembers, tokens: [], text: "", into: &stream)
  }

  private func chunk(
    _ index: Int, reason: String, tokens: ArraySlice<UInt32>, text: String, into stream: inout [UInt8]
  ) {
    stream += chunkHead
    stream.append(#""choices":["#)
    stream += choice(index, reason: reason, tokens: tokens, text: text)
    stream.append("]}\n\n")
  }
}
