/// Writes one answer in the shape of an API: whole, or as the events of a stream.
///
/// A stream is `opening`, then `step` for each step, in order, then `closing`. Everything that does not change between
/// pieces is formatted once, at the start, because pieces are what a streaming engine spends its time on.
protocol AnswerWriter {
  /// The body of an answer that is not streamed.
  func whole() -> [UInt8]
  /// Events before the first step.
  mutating func opening(into stream: inout [UInt8])
  /// The events of a step: the next piece of each choice that has one, by index, and the end of a choice behind its
  /// last piece. `index` counts from 0 to ``GenerationPlan/steps``.
  mutating func step(_ index: Int, into stream: inout [UInt8])
  /// Events behind the last step, the end marker too.
  mutating func closing(into stream: inout [UInt8])
}

extension GeneratedChoice {
  /// The value of OpenAI's `finish_reason`, and behind it, when a stop text ended the answer, vLLM's `stop_reason`.
  var finishMembers: String {
    let reason = "\"\(finishReason.rawValue)\""
    guard let stopText else { return reason }
    return reason + ",\"stop_reason\":" + JSONValue.string(stopText).jsonText
  }
}

extension [UInt8] {
  /// Appends text as it is.
  mutating func append(_ text: String) {
    append(contentsOf: text.utf8)
  }

  /// Appends text as the inside of a JSON string.
  mutating func appendEscaped(_ text: String) {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      append(contentsOf: text.utf8)
    } else {
      var json = JSONBytes(capacity: 64)
      json.string(text)
      append(contentsOf: json.bytes.dropFirst().dropLast())
    }
  }

  /// Appends an event with a name, as Anthropic's and the Responses API's streams have it.
  mutating func append(event: String, data: [UInt8]) {
    append("event: " + event + "\ndata: ")
    append(contentsOf: data)
    append("\n\n")
  }
}

/// Finds the call that a piece of a stream belongs to.
struct ToolCallCursor {
  private(set) var call = 0
  private(set) var piece = 0

  /// Goes on to the next piece.
  mutating func advance(_ calls: [ToolCall]) {
    piece += 1
    if call < calls.count, piece >= calls[call].tokens.count {
      call += 1
      piece = 0
    }
  }
}
