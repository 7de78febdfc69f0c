import ChatProtocols
import Testing

private func split(
  _ chunks: [[UInt8]], limit: Int = ServerSentEvents.defaultEventLimit, ends: Bool = false
) -> (
  events: [ServerSentEvent], dropped: Int
) {
  var splitter = ServerSentEvents(eventLimit: limit)
  var events: [ServerSentEvent] = []
  for chunk in chunks { splitter.append(chunk) { events.append($0) } }
  if ends { splitter.finish { events.append($0) } }
  return (events, splitter.droppedEvents)
}

private func event(_ data: String, name: String = "") -> ServerSentEvent {
  ServerSentEvent(name: Array(name.utf8), data: Array(data.utf8))
}

struct ServerSentEventsTests {
  @Test("an OpenAI stream is split into its events")
  func openAIStream() {
    let stream = "data: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\n"
    let events = split([Array(stream.utf8)]).events
    #expect(events == [event("{\"a\":1}"), event("{\"a\":2}"), event("[DONE]")])
    #expect(events.map(\.isDone) == [false, false, true])
  }

  @Test("LF, CRLF and CR end lines, and the stream may be cut anywhere")
  func lineEndsAndCuts() {
    let stream = Array(
      "\u{FEFF}event: x\r\ndata: 1\r\ndata:2\r\rdata\n: comment\n\r\nid: 7\ndata:  é\n\nretry: 1\n\n\n"
        .utf8)
    let expected = [event("1\n2", name: "x"), event(""), event(" é")]
    #expect(split([stream]).events == expected)
    #expect(split(stream.map { [$0] }).events == expected)
    for cut in 0...stream.count {
      #expect(
        split([Array(stream[..<cut]), [], Array(stream[cut...])]).events == expected,
        "cut at \(cut)")
    }
  }

  @Test("an event is handed on when its empty line is there, or at the end")
  func incompleteEvent() {
    #expect(split([Array("data: 1\n".utf8)]).events.isEmpty)
    #expect(split([Array("data: 1\n".utf8)], ends: true).events == [event("1")])
    #expect(split([Array("data: 1".utf8)], ends: true).events == [event("1")])
    #expect(split([Array("data: 1\n\n".utf8)], ends: true).events == [event("1")])
  }

  @Test("an event over the limit is dropped and counted, and the next one is found")
  func eventLimit() {
    let long = "data: " + String(repeating: "x", count: 40) + "\n\n"
    let many = String(repeating: "data: 12345\n", count: 5) + "\n"
    let stream = Array("data: 0123456789\n\n\(long)data: a\n\n\(many)data: b\n\n".utf8)
    for chunks in [[stream], stream.map { [$0] }] {
      let (events, dropped) = split(chunks, limit: 10)
      #expect(events == [event("0123456789"), event("a"), event("b")])
      #expect(dropped == 2)
    }
  }

  @Test("usage is found in events and in whole answers")
  func usage() {
    func usage(_ json: String) -> TokenUsage? { TokenUsage(answer: Array(json.utf8)) }
    #expect(
      usage(
        #"{"id":"x","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}"#
      )
        == TokenUsage(promptTokens: 12, completionTokens: 3))
    #expect(
      usage(
        #"{"usage":{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens":3}}"#
      )
        == TokenUsage(promptTokens: 12, completionTokens: 3, cachedTokens: 8))
    #expect(
      usage(#"{"usage":{"prompt_tokens":5,"prompt_tokens_details":null,"total_tokens":5}}"#)
        == TokenUsage(promptTokens: 5, completionTokens: 0))
    for json in [
      #"{"usage":null}"#, "{}", "[DONE]", "", "[]", #"{"usage":{}}"#,
      #"{"usage":{"prompt_tokens":1}"#,
    ] {
      #expect(usage(json) == nil, "\(json)")
    }
  }
}
