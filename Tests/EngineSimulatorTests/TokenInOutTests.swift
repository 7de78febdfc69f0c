import Testing

@testable import EngineSimulator

@Suite("Tokens in, tokens out")
struct TokenInOutTests {
  private func json(_ answer: TestAnswer) throws -> JSONValue {
    try JSONValue(parsing: Array(answer.body.utf8))
  }

  @Test("generate answers token numbers, text, reason and usage, and takes the client's identifier")
  func generate() throws {
    let engine = try TestEngine("--mode", "echo")
    let answer = try engine.send(
      .POST, "/inference/v1/generate", #"{"request_id":"r-1","token_ids":[5,6,7],"sampling_params":{"max_tokens":9}}"#)
    #expect(answer.status == 200)
    #expect(
      answer.body
        == #"{"request_id":"r-1","created":1700000000,"model":"demo","usage":{"prompt_tokens":3,"completion_tokens":3,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":0}},"choices":[{"index":0,"finish_reason":"stop","token_ids":[5,6,7],"text":"5 6 7"}]}"#
    )
    let random = try TestEngine().send(
      .POST, "/inference/v1/generate",
      #"{"model":"demo","prompt_token_ids":[5],"sampling_params":{"max_tokens":12,"ignore_eos":true,"n":2}}"#)
    let value = try json(random)
    #expect(value["request_id"]?.string?.hasPrefix("generate-tokens-") == true)
    let choices = value["choices"]?.elements ?? []
    #expect(choices.count == 2)
    for choice in choices {
      #expect(choice["finish_reason"]?.string == "length")
      let numbers = choice["token_ids"]?.elements?.compactMap(\.integer)
      let text = try #require(choice["text"]?.string)
      #expect(numbers == DummyTokenizer.identifiers(Array(text.utf8)).map(Int.init))
      #expect(numbers?.count == 12)
    }
    #expect(value["usage"]?["completion_tokens"]?.integer == 24)
  }

  @Test("generate streams a token at a time, in its time")
  func stream() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "20ms", "--inter-token-latency", "10ms")
    let client = try engine.connect()
    try client.send(
      .POST, "/inference/v1/generate",
      #"{"request_id":"r","token_ids":[5,6],"stream":true,"stream_options":{"include_usage":true}}"#)
    engine.advance(milliseconds: 20)
    let head = #"{"request_id":"r","created":1700000000,"model":"demo","usage":null,"choices":[{"index":0,"#
    #expect(try client.read().events == [head + #""finish_reason":null,"token_ids":[5],"text":"5 "}]}"#])
    engine.advance(milliseconds: 10)
    let rest = try client.read()
    #expect(rest.ended)
    #expect(
      rest.events == [
        head + #""finish_reason":null,"token_ids":[6],"text":"6"}]}"#,
        head + #""finish_reason":"stop","token_ids":[],"text":""}]}"#,
        #"{"request_id":"r","created":1700000000,"model":"demo","usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":0}},"choices":[]}"#,
        "[DONE]",
      ])
    try client.close()
  }

  @Test("generate hands over to a decode engine and uses the prefix cache")
  func disaggregated() throws {
    let engine = try TestEngine("--mode", "echo", "--enable-kvcache", "--block-size", "8")
    let body =
      #"{"token_ids":[1,2,3,4,5,6,7,8,9],"sampling_params":{"max_tokens":1},"kv_transfer_params":{"do_remote_decode":true}}"#
    _ = try engine.send(.POST, "/inference/v1/generate", body)
    let second = try json(try engine.send(.POST, "/inference/v1/generate", body))
    #expect(second["choices"]?.elements?.first?["finish_reason"]?.string == "remote_decode")
    #expect(second["kv_transfer_params"]?["remote_block_ids"]?.elements == [.string("DUMMY_ID")])
    #expect(second["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.integer == 8)
  }

  @Test(
    "generate refuses what it cannot run",
    arguments: [
      (#"{}"#, 400, "token_ids must be a non-empty array of token numbers"),
      (#"{"token_ids":"text"}"#, 400, "token_ids must be a non-empty array of token numbers"),
      (#"{"token_ids":[-1]}"#, 400, "token_ids must be a non-empty array of token numbers"),
      (#"{"token_ids":[1],"sampling_params":[]}"#, 400, "sampling_params must be an object"),
      (#"{"token_ids":[1],"sampling_params":{"max_tokens":0}}"#, 400, "should be positive"),
      (#"{"token_ids":[1],"sampling_params":{"max_tokens":1024}}"#, 400, "maximum context length is 1024 tokens"),
      (#"{"token_ids":[1],"model":"other"}"#, 404, "The model `other` does not exist."),
      (#"{"token_ids":[1],"model":3}"#, 400, "model must be a string"),
    ])
  func refused(body: String, status: Int, message: String) throws {
    let answer = try TestEngine().send(.POST, "/inference/v1/generate", body)
    #expect(answer.status == status)
    #expect(answer.body.contains(message), "\(answer.body)")
  }

  @Test("a rendered chat has the tokens that tokenize counts, and generate takes it as it is")
  func renderedChat() throws {
    let engine = try TestEngine("--mode", "echo")
    let messages = #"[{"role":"user","content":"Hello, world!"}]"#
    let rendered = try engine.send(
      .POST, "/v1/chat/completions/render",
      #"{"model":"demo","messages":\#(messages),"max_completion_tokens":50,"temperature":0.5,"stop":["x"],"n":2}"#)
    #expect(rendered.status == 200)
    let value = try json(rendered)
    let counted = try json(try engine.send(.POST, "/tokenize", #"{"messages":\#(messages)}"#))
    #expect(value["token_ids"] == counted["tokens"])
    #expect(value["token_ids"]?.elements?.count == 9)
    #expect(value["model"]?.string == "demo")
    #expect(value["request_id"]?.string?.hasPrefix("chatcmpl-") == true)
    #expect(value["sampling_params"]?.jsonText == #"{"n":2,"max_tokens":50,"stop":["x"],"temperature":0.5}"#)
    let generated = try json(try engine.send(.POST, "/inference/v1/generate", rendered.body))
    #expect(generated["usage"]?["prompt_tokens"]?.integer == 9)
    #expect(generated["choices"]?.elements?.count == 2)
    #expect(generated["request_id"] == value["request_id"])
  }

  @Test("rendered completions are an array, one object for each prompt")
  func renderedCompletion() throws {
    let engine = try TestEngine()
    let rendered = try json(
      try engine.send(
        .POST, "/v1/completions/render",
        #"{"model":"demo","prompt":["a",[5,6]],"stream":true,"kv_transfer_params":{"do_remote_prefill":true}}"#))
    #expect(rendered.elements?.count == 2)
    #expect(rendered.elements?.first?["token_ids"]?.jsonText == "[3826002220]")
    #expect(rendered.elements?.last?["token_ids"]?.jsonText == "[5,6]")
    #expect(rendered.elements?.last?["stream"] == .bool(true))
    #expect(rendered.elements?.last?["kv_transfer_params"]?.jsonText == #"{"do_remote_prefill":true}"#)
    #expect(rendered.elements?.first?["request_id"] != rendered.elements?.last?["request_id"])
    let unknown = try engine.send(.POST, "/v1/completions/render", #"{"model":"other","prompt":"a"}"#)
    #expect(unknown.status == 404)
    let long = try engine.send(
      .POST, "/v1/completions/render", #"{"model":"demo","prompt":"a","max_tokens":2000}"#)
    #expect(long.status == 400)
  }

  @Test("query maps the rank to the engine's identifier and address, which stay")
  func query() throws {
    let engine = try TestEngine("--data-parallel-rank", "3", environment: ["POD_IP": "10.0.0.7"])
    let first = try engine.send(.GET, "/query")
    let value = try json(first)
    #expect(value.members?.map(\.name) == ["3"])
    #expect(value["3"]?["engine_id"]?.string?.utf8.count == 36)
    #expect(value["3"]?["worker_addr"]?.jsonText == #"{"0":{"0":"tcp://10.0.0.7:8000"}}"#)
    #expect(try engine.send(.GET, "/query").body == first.body)
    #expect(try TestEngine().send(.GET, "/query").body.contains(#""0":"tcp://127.0.0.1:8000""#))
  }
}
