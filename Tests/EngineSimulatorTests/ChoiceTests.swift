import Testing

@testable import EngineSimulator

@Suite("Several prompts, several answers, stop texts")
struct ChoiceTests {
  private func choices(_ answer: TestAnswer) throws -> [JSONValue] {
    try JSONValue(parsing: Array(answer.body.utf8))["choices"]?.elements ?? []
  }

  private func choicesJSON(_ answer: TestAnswer) -> String {
    answer.body.firstRange(of: #""choices":"#).map { String(answer.body[$0.lowerBound...]) } ?? answer.body
  }

  @Test("each prompt of a completion has its choice, in order, and the usage is their sum")
  func prompts() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":["one two","three",[5,6,7]]}"#)
    #expect(answer.status == 200)
    #expect(
      choicesJSON(answer)
        == #""choices":[{"index":0,"finish_reason":"stop","text":"one two"},{"index":1,"finish_reason":"stop","text":"three"},{"index":2,"finish_reason":"stop","text":"5 6 7"}]}"#
    )
    #expect(answer.body.contains(#""usage":{"prompt_tokens":6,"completion_tokens":6,"total_tokens":12,"#))
    let single = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":[[5,6]]}"#)
    #expect(choicesJSON(single) == #""choices":[{"index":0,"finish_reason":"stop","text":"5 6"}]}"#)
  }

  @Test("n answers each prompt n times, prompt by prompt, and counts the prompt once")
  func repeated() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(.POST, "/v1/completions", #"{"model":"demo","n":2,"prompt":["a","b"]}"#)
    let found = try choices(answer)
    #expect(found.map { $0["index"]?.integer } == [0, 1, 2, 3])
    #expect(found.map { $0["text"]?.string } == ["a", "a", "b", "b"])
    #expect(answer.body.contains(#""prompt_tokens":2,"completion_tokens":4,"#))
    let chat = try TestEngine().send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","n":3,"max_tokens":200,"messages":[{"role":"user","content":"x"}]}"#)
    let texts = try choices(chat).map { $0["message"]?["content"]?.string }
    #expect(texts.count == 3)
    #expect(Set(texts).count == 3)
  }

  @Test("a stream takes turns between the choices, and each ends behind its last token")
  func streamed() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "10ms", "--inter-token-latency", "10ms")
    let client = try engine.connect()
    try client.send(.POST, "/v1/completions", #"{"model":"demo","stream":true,"prompt":["a b","c","d e f"]}"#)
    func step(milliseconds: Double) throws -> [String] {
      engine.advance(milliseconds: milliseconds)
      return try client.read().events.map { event in
        guard let choice = try? JSONValue(parsing: Array(event.utf8))["choices"]?.elements?.first else { return event }
        return "\(choice["index"]?.integer ?? -1)"
          + (choice["finish_reason"]?.string.map { " " + $0 } ?? ":\(choice["text"]?.string ?? "")")
      }
    }
    #expect(try step(milliseconds: 10) == ["0:a ", "1:c", "1 stop", "2:d "])
    #expect(try step(milliseconds: 10) == ["0:b", "0 stop", "2:e "])
    #expect(try step(milliseconds: 10) == ["2:f", "2 stop", "[DONE]"])
    try client.close()
    // Six tokens, of which three are the first of their choice.
    let page = try engine.send(.GET, "/metrics").body
    for line in [
      "vllm:inter_token_latency_seconds_count{model_name=\"demo\"} 3",
      "vllm:request_success_total{model_name=\"demo\",finish_reason=\"stop\"} 3",
      "vllm:generation_tokens_total{model_name=\"demo\"} 6",
      "vllm:max_num_generation_tokens_sum{model_name=\"demo\"} 3",
    ] { #expect(page.contains(line + "\n"), "\(line)") }
  }

  @Test("a chat stream of two answers opens both, and ends with one usage")
  func chatStream() throws {
    let engine = try TestEngine("--mode", "echo")
    let events = try engine.send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","n":2,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"#
    ).events
    let shown = try events.dropLast().map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(shown.map { $0["choices"]?.elements?.first?["index"]?.integer } == [0, 1, 0, 0, 1, 1, nil])
    #expect(
      shown.map { $0["choices"]?.elements?.first?["finish_reason"]?.string } == [
        nil, nil, nil, "stop", nil, "stop", nil,
      ])
    #expect(shown.last?["usage"]?["completion_tokens"]?.integer == 2)
    #expect(events.last == "[DONE]")
  }

  @Test("tool calls of several answers are streamed apart")
  func chatTools() throws {
    let engine = try TestEngine("--tool-call-extra-call-probability", "0")
    let events = try engine.send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","n":2,"stream":true,"tool_choice":"required","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]}"#
    ).events
    var arguments = ["", ""]
    var reasons = 0
    for event in events.dropLast() {
      let choice = try #require(try JSONValue(parsing: Array(event.utf8))["choices"]?.elements?.first)
      let index = try #require(choice["index"]?.integer)
      let call = choice["delta"]?["tool_calls"]?.elements?.first
      arguments[index] += call?["function"]?["arguments"]?.string ?? ""
      if choice["finish_reason"]?.string == "tool_calls" { reasons += 1 }
    }
    for text in arguments { #expect(try JSONValue(parsing: Array(text.utf8))["a"]?.integer != nil, "\(text)") }
    #expect(reasons == 2)
  }

  @Test("several prompts share the cache, and free what they took when one does not fit")
  func cached() throws {
    let engine = try TestEngine("--mode", "echo", "--enable-kvcache", "--block-size", "8", "--kv-cache-size", "2")
    let words = (0..<8).map { "w\($0)" }.joined(separator: " ")
    let twice = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":["\#(words)","\#(words)"]}"#)
    #expect(twice.body.contains(#""prompt_tokens":16,"completion_tokens":16,"#))
    #expect(twice.body.contains(#""cached_tokens":8"#))
    let long = (0..<24).map { "v\($0)" }.joined(separator: " ")
    let failed = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":["\#(words)","\#(long)"]}"#)
    #expect(failed.status == 500)
    #expect(engine.engine.gauges.cacheUsage == 0)
  }

  @Test(
    "prompts and n that cannot be served say why",
    arguments: [
      (#""prompt":[]"#, "prompt must be a string, an array of token numbers or an array of 1 to 256 of those"),
      (#""prompt":7"#, "prompt must be a string, an array of token numbers or an array of 1 to 256 of those"),
      (#""prompt":["a",{}]"#, "prompt[1] must be a string or a non-empty array of token numbers"),
      (#""prompt":["a",[]]"#, "prompt[1] must be a string or a non-empty array of token numbers"),
      (#""prompt":"a","n":0"#, "n must be an integer of at least 1"),
      (#""prompt":["a","b"],"n":129"#, "n is 129 for 2 prompts; a request may have 256 choices at most"),
      (#""prompt":"a","stop":[1]"#, "stop must be a string or an array of at most 64 strings"),
      (#""prompt":"a","stop":"""#, "stop: a stop text must have 1 to 4096 bytes"),
    ])
  func refused(members: String, message: String) throws {
    let answer = try TestEngine().send(.POST, "/v1/completions", #"{"model":"demo",\#(members)}"#)
    #expect(answer.status == 400)
    #expect(answer.body.contains(#""message":"\#(message)","#), "\(answer.body)")
  }

  @Test("a prompt that does not fit the window refuses the request")
  func window() throws {
    let answer = try TestEngine("--max-model-len", "4").send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":["a","a b c d e"]}"#)
    #expect(answer.status == 400)
    #expect(answer.body.contains("maximum context length is 4 tokens. However, you requested 5 tokens"))
  }

  @Test("an answer is cut before its stop text, with the reason stop and the text that was found")
  func stopped() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"one two. Three four","stop":["four","o. T"]}"#)
    #expect(
      choicesJSON(answer)
        == #""choices":[{"index":0,"finish_reason":"stop","stop_reason":"o. T","text":"one tw"}]}"#)
    // Generated were "one ", "two", ". " and "Three ", which completed the stop text.
    #expect(answer.body.contains(#""completion_tokens":4,"#))
    let kept = try engine.send(
      .POST, "/v1/completions",
      #"{"model":"demo","prompt":"one two. Three","stop":"two","include_stop_str_in_output":true}"#)
    #expect(try choices(kept).first?["text"]?.string == "one two")
    let absent = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"one","stop":"six"}"#)
    #expect(choicesJSON(absent) == #""choices":[{"index":0,"finish_reason":"stop","text":"one"}]}"#)
    let limited = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"one two","max_tokens":1,"stop":"two"}"#)
    #expect(try choices(limited).first?["finish_reason"]?.string == "stop")
  }

  @Test("a stream shows no part of the stop text")
  func stoppedStream() throws {
    let engine = try TestEngine("--mode", "echo")
    let events = try engine.send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","stream":true,"stop":"two.","messages":[{"role":"user","content":"one two. three"}]}"#
    ).events
    let deltas = try events.dropLast().map {
      try JSONValue(parsing: Array($0.utf8))["choices"]?.elements?.first?["delta"]?["content"]?.string
    }
    #expect(deltas == ["", "one ", nil])
    #expect(events[2].contains(#""finish_reason":"stop","stop_reason":"two.","delta":{}"#))
  }

  @Test("messages takes stop sequences and says which one ended it")
  func stopSequences() throws {
    let body = #""model":"demo","max_tokens":99,"stop_sequences":["b"],"messages":[{"role":"user","content":"a b c"}]"#
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(.POST, "/v1/messages", "{\(body)}").body
    #expect(
      answer.contains(
        #""content":[{"type":"text","text":"a "}],"stop_reason":"stop_sequence","stop_sequence":"b","#))
    let events = try engine.send(.POST, "/v1/messages", "{\(body),\"stream\":true}").events
    #expect(events.contains { $0.contains(#""delta":{"stop_reason":"stop_sequence","stop_sequence":"b"}"#) })
    #expect(events.filter { $0.contains("text_delta") }.count == 1)
  }

  @Test("the token that first completes a stop text decides, then the earlier start")
  func cuts() {
    let tokens = ["ab", "cd", "ef"]
    #expect(StopSequences(["ef", "bc"]).cut(tokens) == StopSequences.Cut(tokens: ["a", ""], found: "bc"))
    #expect(StopSequences(["d", "bcd"]).cut(tokens) == StopSequences.Cut(tokens: ["a", ""], found: "bcd"))
    #expect(StopSequences(["ab"]).cut(tokens) == StopSequences.Cut(tokens: [""], found: "ab"))
    #expect(
      StopSequences(["bc"], staysInText: true).cut(tokens) == StopSequences.Cut(tokens: ["ab", "c"], found: "bc"))
    #expect(StopSequences(["é"]).cut(["caf", "é!"]) == StopSequences.Cut(tokens: ["caf", ""], found: "é"))
    #expect(StopSequences(["x"]).cut(tokens) == nil)
    #expect(StopSequences(["abc"]).cut([]) == nil)
    #expect(StopSequences([]).cut(tokens) == nil)
  }
}
