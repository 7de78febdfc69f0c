import Testing

@testable import ChatProtocols

@Suite("Usage in an answer's bytes")
struct UsageFinderTests {
  static let answers: [(text: String, usage: TokenUsage?)] = [
    (
      #"{"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":12,"completion_tokens":3}}"#,
      TokenUsage(promptTokens: 12, completionTokens: 3)
    ),
    (
      #"{"usage" : { "prompt_tokens" : 12 , "prompt_tokens_details" : {"cached_tokens":8,"x":"}"}, "completion_tokens":3}}"#,
      TokenUsage(promptTokens: 12, completionTokens: 3, cachedTokens: 8)
    ),
    (
      #"{"usage":{"input_tokens":7,"output_tokens":2,"input_tokens_details":{"cached_tokens":0}}}"#,
      TokenUsage(promptTokens: 7, completionTokens: 2, cachedTokens: 0)
    ),
    // The last one counts, and a null is none.
    (
      "data: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: {\"usage\":null}\n\n"
        + "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}}\n\ndata: [DONE]\n\n",
      TokenUsage(promptTokens: 5, completionTokens: 9)
    ),
    // A stream of the Messages API.
    (
      "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n"
        + "event: message_delta\ndata: {\"delta\":{},\"usage\":{\"output_tokens\":15}}\n\n",
      TokenUsage(promptTokens: 25, completionTokens: 15)
    ),
    // What was cached is besides what is counted as input, and stays when the stream ends with the output alone.
    (
      "data: {\"usage\":{\"input_tokens\":25,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":5}}\n\n"
        + "data: {\"usage\":{\"output_tokens\":15}}\n\n",
      TokenUsage(promptTokens: 130, completionTokens: 15, cachedTokens: 100)
    ),
    (
      #"{"usage":{"input_tokens":25,"cache_read_input_tokens":null,"output_tokens":1}}"#,
      TokenUsage(promptTokens: 25, completionTokens: 1)
    ),
    (#"{"usage":{"output_tokens":15}}"#, nil),
    // Whatever an engine says, sums do not overflow.
    (
      #"{"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}}"#,
      TokenUsage(promptTokens: TokenUsage.greatestCount, completionTokens: TokenUsage.greatestCount)
    ),
    // A text that speaks of usage has its quotes escaped.
    (#"{"content":"say \"usage\":{\"prompt_tokens\":99}"}"#, nil),
    (#"{"usage":{"prompt_tokens":"#, nil),
    (#"{"usage":{}}"#, nil),
    (#"{"usage":17,"use":{"prompt_tokens":1}}"#, nil),
    (#"{"us":"usag","a":"usage","usage":{"prompt_tokens":4}}"#, TokenUsage(promptTokens: 4, completionTokens: 0)),
    ("", nil),
  ]

  @Test("it is found, wherever the answer is cut", arguments: answers.indices)
  func isFound(index: Int) {
    let (text, usage) = Self.answers[index]
    let bytes = Array(text.utf8)
    for size in [1, 2, 3, 5, 7, 16, 17, 64, 1000] {
      var finder = UsageFinder()
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { finder.append($0) }
      }
      #expect(finder.usage == usage, "\(text) in pieces of \(size)")
    }
  }

  @Test("an object that is too long is not read, and the next one is")
  func isBounded() {
    let long =
      #"{"usage":{"prompt_tokens":1,"more":""# + String(repeating: "x", count: UsageFinder.objectLimit) + "\"}}"
    let next = #"{"usage":{"prompt_tokens":2,"completion_tokens":1}}"#
    for size in [1, 100, 10_000] {
      let bytes = Array((long + next).utf8)
      var finder = UsageFinder()
      for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { finder.append($0) }
      }
      #expect(finder.usage == TokenUsage(promptTokens: 2, completionTokens: 1))
    }
  }
}
