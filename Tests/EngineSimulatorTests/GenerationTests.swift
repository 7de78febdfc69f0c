import Testing

@testable import EngineSimulator

@Suite("Generation over HTTP")
struct GenerationTests {
  private let hello = #"{"model":"demo","messages":[{"role":"user","content":"Hello, world!"}]}"#

  private func masked(_ text: String) -> String {
    // Identifiers are random but of known form.
    text.replacing(#/(chatcmpl-|cmpl-)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) {
      $0.output.1 + "ID"
    }
  }

  @Test("a chat completion has the latest shape")
  func chat() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(.POST, "/v1/chat/completions", hello, headers: [("X-Request-Id", "r1")])
    #expect(answer.status == 200)
    #expect(answer.header("content-type") == "application/json")
    #expect(answer.header("server") == "fasthttp")
    #expect(answer.header("date") == "Tue, 14 Nov 2023 22:13:20 GMT")
    #expect(answer.header("x-inference-pod") == "demo-8000")
    #expect(answer.header("x-inference-port") == "8000")
    #expect(answer.header("x-request-id") == "r1")
    #expect(
      masked(answer.body)
        == #"{"id":"chatcmpl-ID","created":1700000000,"model":"demo","usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":0}},"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello, world!"}}]}"#
    )
  }

  @Test("a chat completion of v0.5.0 carries the disaggregation fields")
  func oldChat() throws {
    let engine = try TestEngine(
      "--mode", "echo", "--compat", "v0.5.0", environment: ["POD_NAME": "p", "POD_NAMESPACE": "n"])
    let answer = try engine.send(.POST, "/v1/chat/completions", hello)
    #expect(answer.header("x-inference-pod") == "p")
    #expect(answer.header("x-inference-namespace") == "n")
    #expect(answer.header("x-inference-port") == nil)
    #expect(
      masked(answer.body)
        == #"{"id":"chatcmpl-ID","created":1700000000,"model":"demo","usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13},"object":"chat.completion","do_remote_decode":false,"do_remote_prefill":false,"remote_block_ids":null,"remote_engine_id":"","remote_host":"","remote_port":0,"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello, world!"}}]}"#
    )
  }

  @Test("a chat stream is role, tokens, reason, usage and the end")
  func chatStream() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"say \"hi\""}]}"#
    )
    #expect(answer.header("content-type") == "text/event-stream")
    let head =
      #"{"id":"chatcmpl-ID","created":1700000000,"model":"demo","usage":null,"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":"#
    #expect(
      answer.events.map(masked) == [
        head + #"null,"delta":{"role":"assistant","content":""}}]}"#,
        head + #"null,"delta":{"content":"say "}}]}"#,
        head + #"null,"delta":{"content":"\""}}]}"#,
        head + #"null,"delta":{"content":"hi"}}]}"#,
        head + #"null,"delta":{"content":"\""}}]}"#,
        head + #""stop","delta":{}}]}"#,
        #"{"id":"chatcmpl-ID","created":1700000000,"model":"demo","usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":0}},"object":"chat.completion.chunk","choices":[]}"#,
        "[DONE]",
      ])
    #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
    #expect(answer.ended)
  }

  @Test("v0.5.0 puts the reason length on the last token and cuts an echo")
  func oldStream() throws {
    let engine = try TestEngine("--mode", "echo", "--compat", "v0.5.0")
    let answer = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","stream":true,"max_tokens":2,"prompt":"one two three"}"#)
    let head =
      #"{"id":"chatcmpl-ID","created":1700000000,"model":"demo","usage":null,"object":"text_completion","do_remote_decode":false,"do_remote_prefill":false,"remote_block_ids":null,"remote_engine_id":"","remote_host":"","remote_port":0,"choices":[{"index":0,"finish_reason":"#
    #expect(
      answer.events.map(masked) == [
        head + #"null,"text":"one "}]}"#, head + #""length","text":"two "}]}"#, "[DONE]",
      ])
  }

  @Test("a completion has its shape, and cmpl- identifiers")
  func completion() throws {
    let engine = try TestEngine("--mode", "echo", "--served-model-name", "shown", "demo")
    let answer = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"one two"}"#)
    #expect(
      masked(answer.body)
        == #"{"id":"cmpl-ID","created":1700000000,"model":"shown","usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":0}},"object":"text_completion","choices":[{"index":0,"finish_reason":"stop","text":"one two"}]}"#
    )
    let tokens = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":[5,6,7]}"#)
    #expect(tokens.body.contains(#""prompt_tokens":3"#))
  }

  @Test("ignore_eos gives exactly max_tokens and the reason length")
  func ignoreEnd() throws {
    let engine = try TestEngine()
    let answer = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"x","max_tokens":37,"ignore_eos":true}"#)
    #expect(answer.body.contains(#""completion_tokens":37"#))
    #expect(answer.body.contains(#""finish_reason":"length""#))
  }

  @Test("the same seed gives the same answer")
  func seeded() throws {
    let first = try TestEngine().send(.POST, "/v1/chat/completions", hello)
    let second = try TestEngine().send(.POST, "/v1/chat/completions", hello)
    #expect(first.body == second.body)
  }

  @Test("the prefill engine answers where the cache is, in each generation's way")
  func remoteDecode() throws {
    let new = try TestEngine("--mode", "echo").send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"a","kv_transfer_params":{"do_remote_decode":true}}"#)
    #expect(
      new.body.contains(
        #""kv_transfer_params":{"do_remote_decode":false,"do_remote_prefill":true,"remote_block_ids":["DUMMY_ID"],"remote_engine_id":"DUMMY_ID","remote_host":"DUMMY","remote_port":1234,"tp_size":1},"choices":[{"index":0,"finish_reason":"remote_decode""#
      ))
    let old = try TestEngine("--mode", "echo", "--compat", "v0.5.0").send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"a","do_remote_decode":true}"#)
    #expect(
      old.body.contains(
        #""do_remote_decode":true,"do_remote_prefill":false,"remote_block_ids":["DUMMY_ID"],"remote_engine_id":"DUMMY_ID","remote_host":"DUMMY","remote_port":1234,"choices""#
      ))
  }

  @Test("a whole answer comes after the first token and the times between the others")
  func wholeTiming() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "100ms", "--inter-token-latency", "10ms")
    let client = try engine.connect()
    try client.send(.POST, "/v1/chat/completions", hello)
    engine.advance(milliseconds: 129)
    #expect(try client.read() == TestAnswer())
    engine.advance(milliseconds: 1)
    #expect(try client.read().status == 200)
    try client.close()
  }

  @Test("a stream's tokens come one by one in their time")
  func streamTiming() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "100ms", "--inter-token-latency", "500us")
    let client = try engine.connect()
    try client.send(
      .POST, "/v1/chat/completions", #"{"model":"demo","stream":true,"messages":[{"role":"user","content":"a b c"}]}"#)
    engine.advance(milliseconds: 99)
    #expect(try client.read() == TestAnswer())
    engine.advance(milliseconds: 1)
    #expect(try client.read().events.count == 2)
    engine.advance(milliseconds: 0.4)
    #expect(try client.read().events.count == 0)
    engine.advance(milliseconds: 0.1)
    #expect(try client.read().events.count == 1)
    engine.advance(milliseconds: 0.5)
    let last = try client.read()
    #expect(last.events.count == 3)
    #expect(last.ended)
    try client.close()
  }

  @Test("a client that reads too slowly pauses its own stream")
  func backPressure() throws {
    let engine = try TestEngine("--mode", "echo", "--inter-token-latency", "10ms")
    let client = try engine.connect()
    try client.send(.POST, "/v1/completions", #"{"model":"demo","stream":true,"prompt":"a b c"}"#)
    engine.advance(milliseconds: 0)
    #expect(try client.read().events.count == 1)
    client.channel.isWritable = false
    engine.advance(milliseconds: 500)
    #expect(try client.read().events.count == 0)
    client.channel.isWritable = true
    engine.advance(milliseconds: 10)
    let rest = try client.read()
    #expect(rest.events.count == 4)
    #expect(rest.ended)
    try client.close()
  }

  @Test("a schema that asks for exponentially much gets a bounded call")
  func boundedTools() throws {
    var schema = #"{"type":"integer"}"#
    for _ in 0..<12 { schema = #"{"type":"array","minItems":9,"maxItems":9,"items":\#(schema)}"# }
    let tools =
      #"[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":\#(schema)},"required":["a"]}}}]"#
    let answer = try TestEngine("--tool-call-extra-call-probability", "0").send(
      .POST, "/v1/chat/completions",
      #"{"model":"demo","messages":[{"role":"user","content":"x"}],"tool_choice":"required","tools":\#(tools)}"#)
    #expect(answer.status == 200)
    #expect(answer.body.utf8.count < 20_000)
    _ = try JSONValue(parsing: Array(answer.body.utf8))
  }

  @Test("the engine processes max-num-seqs requests at once; a full queue answers 429")
  func queue() throws {
    let engine = try TestEngine(
      "--mode", "echo", "--time-to-first-token", "10ms", "--max-num-seqs", "1", "--max-waiting-queue-length", "1")
    let clients = try (0..<3).map { _ in try engine.connect() }
    for client in clients { try client.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"a"}"#) }
    let refused = try clients[2].read()
    #expect(refused.status == 429)
    #expect(refused.body.contains(#""type":"RateLimitError","param":null,"code":429"#))
    #expect(engine.engine.gauges.running == 1)
    #expect(engine.engine.gauges.waiting == 1)
    engine.advance(milliseconds: 10)
    #expect(try clients[0].read().status == 200)
    #expect(try clients[1].read().status == nil)
    engine.advance(milliseconds: 10)
    #expect(try clients[1].read().status == 200)
    for client in clients { try client.close() }
  }

  @Test("a client that goes away frees its slot")
  func cancel() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "10s", "--max-num-seqs", "1")
    let first = try engine.connect()
    let second = try engine.connect()
    try first.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"a"}"#)
    try second.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"a"}"#)
    #expect(engine.engine.gauges.waiting == 1)
    try first.close()
    #expect(engine.engine.gauges.waiting == 0)
    #expect(engine.engine.gauges.running == 1)
    try second.close()
    #expect(engine.engine.gauges.running == 0)
  }

  @Test("adapters take turns in their slots")
  func adapters() throws {
    let engine = try TestEngine(
      "--mode", "echo", "--time-to-first-token", "10ms", "--lora-modules", #"{"name":"a"}"#, #"{"name":"b"}"#)
    let first = try engine.connect()
    let second = try engine.connect()
    try first.send(.POST, "/v1/completions", #"{"model":"a","prompt":"x"}"#)
    try second.send(.POST, "/v1/completions", #"{"model":"b","prompt":"x"}"#)
    #expect(engine.engine.gauges.runningAdapters == ["a"])
    #expect(engine.engine.gauges.waitingAdapters == ["b"])
    let page = try engine.send(.GET, "/metrics")
    #expect(
      page.body.contains(
        "vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"a\",waiting_lora_adapters=\"b\"} 1700000000\n"))
    engine.advance(milliseconds: 10)
    #expect(try first.read().body.contains(#""model":"a""#))
    engine.advance(milliseconds: 10)
    #expect(try second.read().body.contains(#""model":"b""#))
    try first.close()
    try second.close()
  }

  @Test("a prompt seen before is cached, and its prefill shorter")
  func prefixCache() throws {
    let engine = try TestEngine(
      "--mode", "echo", "--enable-kvcache", "--block-size", "8", "--prefill-time-per-token", "1ms")
    let prompt = (0..<20).map { "w\($0)" }.joined(separator: " ")
    let body = #"{"model":"demo","prompt":"\#(prompt)"}"#
    let first = try engine.send(.POST, "/v1/completions", body, milliseconds: 20)
    #expect(first.body.contains(#""cached_tokens":0"#))
    let second = try engine.send(.POST, "/v1/completions", body, milliseconds: 4)
    #expect(second.body.contains(#""cached_tokens":16"#))
    let page = try engine.send(.GET, "/metrics").body
    #expect(page.contains("vllm:prefix_cache_queries_total{model_name=\"demo\"} 40\n"))
    #expect(page.contains("vllm:prefix_cache_hits_total{model_name=\"demo\"} 16\n"))
  }

  @Test("a cache too small for the request answers 500; a share below the threshold ends at once")
  func cacheLimits() throws {
    let small = try TestEngine("--enable-kvcache", "--block-size", "8", "--kv-cache-size", "1")
    let prompt = (0..<20).map { "w\($0)" }.joined(separator: " ")
    let body = #"{"model":"demo","prompt":"\#(prompt)","cache_hit_threshold":0.5}"#
    let failed = try small.send(.POST, "/v1/completions", body)
    #expect(failed.status == 500)
    #expect(failed.body.contains("the kv cache does not have sufficient capacity to store this request"))
    let engine = try TestEngine("--mode", "echo", "--enable-kvcache", "--block-size", "8")
    #expect(
      try engine.send(.POST, "/v1/completions", body).body.contains(#""finish_reason":"cache_threshold","text":"""#))
    #expect(try engine.send(.POST, "/v1/completions", body).body.contains(#""finish_reason":"stop""#))
    let forced = try engine.send(
      .POST, "/v1/completions", #"{"model":"demo","prompt":"x"}"#,
      headers: [("X-Cache-Threshold-Finish-Reason", "true")])
    #expect(forced.body.contains(#""finish_reason":"cache_threshold""#))
  }

  @Test("a forced function is called with arguments that fit its schema")
  func tools() throws {
    let engine = try TestEngine("--tool-call-not-required-param-probability", "0")
    let tools =
      #"[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string","enum":["Basel"]},"days":{"type":"integer","minimum":3,"maximum":3},"unit":{"type":"string"}},"required":["city","days"]}}}]"#
    let request =
      #""model":"demo","messages":[{"role":"user","content":"x"}],"tools":\#(tools),"tool_choice":{"type":"function","function":{"name":"weather"}}"#
    let answer = try engine.send(.POST, "/v1/chat/completions", "{\(request)}").body
    #expect(
      answer.contains(
        #""finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"chatcmpl-tool-"#
      ))
    #expect(
      answer.contains(#""function":{"name":"weather","arguments":"{\"city\":\"Basel\",\"days\":3}"},"index":0}]"#))
    // Three tokens for the call and 15 for its arguments.
    #expect(answer.contains(#""completion_tokens":18"#))
    let events = try engine.send(.POST, "/v1/chat/completions", "{\(request),\"stream\":true}").events
    #expect(events.count == 1 + 15 + 1)
    #expect(events[1].contains(#""type":"function","function":{"name":"weather","arguments":"{"}}]}}]}"#))
    #expect(
      events[15].contains(
        #""finish_reason":"tool_calls","delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"#))
    #expect(events[16] == "[DONE]")
  }

  @Test("messages answers in Anthropic's shape, whole and streamed")
  func messages() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(
      .POST, "/v1/messages",
      #"{"model":"demo","max_tokens":99,"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"hi you"}]}]}"#
    )
    #expect(
      answer.body.hasSuffix(
        #","type":"message","role":"assistant","model":"demo","content":[{"type":"text","text":"hi you"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":13,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}"#
      ))
    let stream = try engine.send(
      .POST, "/v1/messages",
      #"{"model":"demo","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"hi you"}]}"#)
    #expect(
      stream.body.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) } == [
        "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
      ])
    #expect(stream.events[2] == #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi "}}"#)
    for event in stream.events { _ = try JSONValue(parsing: Array(event.utf8)) }
  }

  @Test("responses answers in its shape, whole and streamed")
  func responses() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(.POST, "/v1/responses", #"{"model":"demo","instructions":"be","input":"hi you"}"#)
    let value = try JSONValue(parsing: Array(answer.body.utf8))
    #expect(value["object"]?.string == "response")
    #expect(value["status"]?.string == "completed")
    #expect(value["instructions"]?.string == "be")
    #expect(value["output"]?.elements?.first?["content"]?.elements?.first?["text"]?.string == "hi you")
    #expect(value["usage"]?["output_tokens"]?.integer == 2)
    let events = try engine.send(.POST, "/v1/responses", #"{"model":"demo","stream":true,"input":"hi you"}"#).events
      .map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(
      events.map { $0["type"]?.string } == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "response.output_item.done", "response.completed",
      ])
    #expect(events.map { $0["sequence_number"]?.integer } == Array(0..<10))
  }

  @Test("tool calls stream as well-formed events in every API that has tools")
  func toolStreams() throws {
    let engine = try TestEngine("--tool-call-extra-call-probability", "90")
    let schema = #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"number"}}},"required":["a"]}"#
    let messages = try engine.send(
      .POST, "/v1/messages",
      #"{"model":"demo","max_tokens":9,"stream":true,"tool_choice":{"type":"any"},"tools":[{"name":"f","input_schema":\#(schema)}],"messages":[{"role":"user","content":"x"}]}"#
    ).events
    let responses = try engine.send(
      .POST, "/v1/responses",
      #"{"model":"demo","stream":true,"tool_choice":"required","tools":[{"type":"function","name":"f","parameters":\#(schema)}],"input":"x"}"#
    ).events
    for event in messages + responses { _ = try JSONValue(parsing: Array(event.utf8)) }
    #expect(messages.contains { $0.contains(#""stop_reason":"tool_use""#) })
    #expect(responses.contains { $0.contains(#""type":"response.function_call_arguments.done""#) })
  }

  @Test("embeddings have the asked length, repeat, and honour the encoding")
  func embeddings() throws {
    let engine = try TestEngine("--default-embedding-dimensions", "4")
    let answer = try engine.send(.POST, "/v1/embeddings", #"{"model":"demo","input":["a b","a b","c"]}"#)
    let value = try JSONValue(parsing: Array(answer.body.utf8))
    let data = value["data"]?.elements ?? []
    #expect(data.count == 3)
    #expect(data[0]["embedding"]?.elements?.count == 4)
    #expect(data[0]["embedding"] == data[1]["embedding"])
    #expect(data[0]["embedding"] != data[2]["embedding"])
    #expect(value["usage"]?["prompt_tokens"]?.integer == 5)
    let encoded = try engine.send(
      .POST, "/v1/embeddings", #"{"model":"demo","input":"a","dimensions":3,"encoding_format":"base64"}"#)
    let text = try JSONValue(parsing: Array(encoded.body.utf8))["data"]?.elements?.first?["embedding"]?.string
    #expect(text?.utf8.count == 16)
  }
}
