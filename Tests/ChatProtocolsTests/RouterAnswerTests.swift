import ChatProtocols
import Testing

@Suite("Answers of the router's own") struct RouterAnswerTests {
  private func answer(
    _ body: String, to endpoint: ModelEndpoint = .chatCompletions, saying message: String = "No, thank you."
  ) throws -> RouterAnswer {
    RouterAnswer(saying: message, to: try RequestFacts.scan(body: Array(body.utf8), endpoint: endpoint), created: 12)
  }

  private func text(_ answer: RouterAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

  @Test("a chat completion")
  func chat() throws {
    let answer = try answer(#"{"model":"m","messages":[]}"#)
    #expect(answer.status == 200)
    #expect(!answer.isEventStream)
    #expect(
      text(answer)
        == #"{"id":"chatcmpl-fast-12","object":"chat.completion","created":12,"model":"router","choices":[{"index":0,"#
        + #""message":{"role":"assistant","content":"No, thank you."},"logprobs":null,"finish_reason":"stop"}],"#
        + #""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#)
  }

  @Test("a stream: a chunk a word, its end, and the count of tokens where it is wanted", arguments: [false, true])
  func stream(wantsUsage: Bool) throws {
    let options = wantsUsage ? #","stream_options":{"include_usage":true}"# : ""
    let answer = try answer(#"{"model":"m","messages":[],"stream":true\#(options)}"#)
    #expect(answer.isEventStream)
    let events = text(answer).split(separator: "\n\n").map(String.init)
    #expect(events.allSatisfy { $0.hasPrefix("data: ") })
    #expect(events.count == (wantsUsage ? 6 : 5))
    #expect(events[0].contains(#""delta":{"role":"assistant","content":"No,"}"#))
    #expect(events[1].contains(#""delta":{"content":" thank"}"#))
    #expect(events[2].contains(#""delta":{"content":" you."}"#))
    #expect(events[3].contains(#""delta":{},"logprobs":null,"finish_reason":"stop""#))
    #expect(events.last == "data: [DONE]")
    #expect(text(answer).hasSuffix("data: [DONE]\n\n"))
    #expect(events[0].contains(#""usage":null"#) == wantsUsage)
    if wantsUsage { #expect(events[4].contains(#""choices":[],"usage":{"prompt_tokens":0"#)) }
  }

  @Test("a completion, whole and as a stream")
  func completion() throws {
    let whole = try answer(#"{"model":"m","prompt":"p"}"#, to: .completions)
    #expect(text(whole).contains(#""object":"text_completion""#))
    #expect(text(whole).contains(#""text":"No, thank you.""#))
    let stream = try answer(#"{"model":"m","prompt":"p","stream":true}"#, to: .completions)
    #expect(text(stream).contains(#""text":" thank""#))
  }

  @Test("embeddings are refused, since no text is a vector")
  func embeddings() throws {
    let answer = try answer(#"{"model":"m","input":"p"}"#, to: .embeddings)
    #expect(answer.status == 403)
    #expect(text(answer).contains(#""message":"No, thank you.""#))
    #expect(text(answer).contains(#""code":"request_blocked""#))
  }

  @Test(
    "the pieces of a stream are the message, whatever white space it has",
    arguments: ["a", " a", "a ", "a  b\nc", "\n", "", "né\u{301}e à"])
  func pieces(message: String) throws {
    let answer = try answer(#"{"model":"m","prompt":"p","stream":true}"#, to: .completions, saying: message)
    var joined = ""
    for event in text(answer).split(separator: "\n\n") where !event.hasSuffix("[DONE]") {
      let facts = event.components(between: #""text":""#, and: #"","logprobs""#)
      joined += facts.replacing("\\n", with: "\n")
    }
    #expect(joined == message)
  }
}

extension Substring {
  fileprivate func components(between start: String, and end: String) -> String {
    guard let from = firstRange(of: start)?.upperBound, let to = self[from...].firstRange(of: end)?.lowerBound else {
      return ""
    }
    return String(self[from..<to])
  }
}
