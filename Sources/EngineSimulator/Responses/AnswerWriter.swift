/// Writes one answer in the shape of an API: whole, or as the events of a stream.
///
/// A stream is `opening`, then `token` for each piece, in order, then `closing`. Everything that does not change between
/// pieces is formatted once, at the start, because pieces are what a streaming engine spends its time on.
protocol AnswerWriter {
  /// The body of an answer that is not streamed.
  func whole() -> [UInt8]
  /// Events before the first piece.
  mutating func opening(into stream: inout [UInt8])
  /// The event of a piece; `index` counts from 0 to ``GenerationPlan/streamedTokens``.
  mutating func token(_ index: Int, into stream: inout [UInt8])
  /// Events behind the last piece, the end marker too.
  mutating func closing(into stream: inout [UInt8])
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
