import Testing

@testable import EngineSimulator

@Suite("Errors over HTTP")
struct ErrorTests {
  @Test(
    "each kind of status has its type",
    arguments: [
      (400, "BadRequestError"), (401, "AuthenticationError"), (403, "PermissionDeniedError"), (404, "NotFoundError"),
      (422, "UnprocessableEntityError"), (429, "RateLimitError"), (500, "InternalServerError"),
      (503, "InternalServerError"), (418, "APIConnectionError"),
    ])
  func types(status: Int, type: String) throws {
    let answer = try TestEngine().send(.POST, "/v1/completions", "{}", headers: [("X-Return-Error", String(status))])
    #expect(answer.status == status)
    #expect(
      answer.body
        == #"{"error":{"message":"X-Return-Error asked for status \#(status)","type":"\#(type)","param":null,"code":\#(status)}}"#
    )
  }

  @Test(
    "requests that cannot be answered say why",
    arguments: [
      (#"{"model":"other","messages":[{"role":"user","content":"x"}]}"#, 404, "The model `other` does not exist."),
      (
        #"{"model":"demo","messages":[{"role":"user","content":"x"}],"max_tokens":0}"#, 400,
        "Max completion tokens and max tokens should be positive"
      ),
      (
        #"{"model":"demo","stream":true,"do_remote_decode":true,"messages":[{"role":"user","content":"x"}]}"#, 400,
        "Prefill does not support streaming"
      ),
      (
        #"{"model":"demo","ignore_eos":true,"messages":[{"role":"user","content":"x"}]}"#, 400,
        "ignore_eos needs max_tokens: without it the answer would not end"
      ),
      (
        #"{"model":"demo","max_tokens":1020,"messages":[{"role":"user","content":"x"}]}"#, 400,
        "This model's maximum context length is 1024 tokens. However, you requested 1026 tokens (6 in the messages, 1020 in the completion). Please reduce the length of the messages or completion"
      ),
      (
        #"{"model":"demo","max_tokens":9,"max_completion_tokens":0,"messages":[{"role":"user","content":"x"}]}"#, 400,
        "Max completion tokens and max tokens should be positive"
      ),
      (#"{"messages":[{"role":"user","content":"x"}]}"#, 400, "Invalid request: missing required parameter 'model'."),
      (#"{"model":"demo","messages":[]}"#, 400, "messages must be a non-empty array"),
      (#"{"model":"#, 400, "Failed to read and parse the request body: unexpected end of JSON at byte 9"),
    ])
  func refusals(body: String, status: Int, message: String) throws {
    for generation in ["latest", "v0.5.0"] {
      let answer = try TestEngine("--compat", generation).send(.POST, "/v1/chat/completions", body)
      #expect(answer.status == status)
      if generation == "v0.5.0", message.hasPrefix("Failed") {
        #expect(answer.body == message)
        continue
      }
      #expect(try JSONValue(parsing: Array(answer.body.utf8))["error"]?["message"]?.string == message)
    }
  }

  @Test(
    "injected failures have the original's texts",
    arguments: [
      (
        FailureKind.rateLimit, 429, "null",
        "Rate limit reached for demo in organization org-xxx on requests per min (RPM): Limit 3, Used 3, Requested 1."
      ),
      (.invalidAPIKey, 401, "null", "Incorrect API key provided."),
      (
        .contextLength, 400, "\"messages\"",
        "This model's maximum context length is 4096 tokens. However, your messages resulted in 4500 tokens."
      ),
      (.serverError, 503, "null", "The server is overloaded or not ready yet."),
      (.invalidRequest, 400, "\"model\"", "Invalid request: missing required parameter 'model'."),
      (.modelNotFound, 404, "\"model\"", "The model 'demo-nonexistent' does not exist"),
    ])
  func injected(kind: FailureKind, status: Int, parameter: String, message: String) throws {
    let engine = try TestEngine("--failure-injection-rate", "100", "--failure-types", kind.rawValue)
    let answer = try engine.send(.POST, "/v1/chat/completions", "not even JSON")
    #expect(answer.status == status)
    #expect(answer.body.hasPrefix(#"{"error":{"message":"\#(message)","type":""#))
    #expect(answer.body.hasSuffix(#","param":\#(parameter),"code":\#(status)}}"#))
  }

  @Test("tools whose schema cannot be served are refused, unless validation is off")
  func toolSchemas() throws {
    let body =
      #"{"model":"demo","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"colour"}}}}}]}"#
    let refused = try TestEngine().send(.POST, "/v1/chat/completions", body)
    #expect(refused.status == 400)
    #expect(refused.body.contains("type of f.a must be string, integer, number, boolean, array, object or null"))
    #expect(try TestEngine("--skip-tool-validation").send(.POST, "/v1/chat/completions", body).status == 200)
  }

  @Test("unknown paths, wrong methods and absent features are told apart")
  func paths() throws {
    let engine = try TestEngine()
    #expect(try engine.send(.GET, "/nowhere").status == 404)
    #expect(try engine.send(.GET, "/v1/completions").status == 405)
    #expect(try engine.send(.GET, "/inference/v1/generate").status == 405)
    #expect(try engine.send(.POST, "/query").status == 405)
    #expect(try engine.send(.POST, "/vllm.grpc.engine.VllmEngine/Generate", "x").status == 501)
    for path in [
      "/v1/messages", "/inference/v1/generate", "/v1/completions/render", "/v1/chat/completions/render", "/query",
    ] {
      #expect(try TestEngine("--compat", "v0.5.0").send(.POST, path, "{}").status == 404, "\(path)")
    }
  }

  @Test("a body above the limit is answered 413, whether its length is declared or not")
  func tooLarge() throws {
    let engine = try TestEngine("--max-request-body-size-mb", "1")
    let client = try engine.connect()
    try client.send(
      .POST, "/v1/completions", parts: Array(repeating: [UInt8](repeating: 0x20, count: 400_000), count: 3))
    let answer = try client.read()
    #expect(answer.status == 413)
    #expect(answer.header("connection") == "close")
    let declared = try engine.send(.POST, "/v1/completions", headers: [("content-length", "2000000")])
    #expect(declared.status == 413)
    #expect(engine.engine.log.entries.isEmpty)
  }
}
