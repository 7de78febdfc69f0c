import Testing

@testable import EngineSimulator

@Suite("Endpoints")
struct EndpointTests {
  @Test("models lists every name, then every adapter")
  func models() throws {
    let engine = try TestEngine(
      "--served-model-name", "a", "b", "--lora-modules", #"{"name":"l","path":"/p"}"#, "--max-model-len", "2048")
    #expect(
      try engine.send(.GET, "/v1/models").body
        == #"{"object":"list","data":[{"id":"a","object":"model","created":1700000000,"owned_by":"vllm","root":"demo","parent":null,"max_model_len":2048},{"id":"b","object":"model","created":1700000000,"owned_by":"vllm","root":"demo","parent":null,"max_model_len":2048},{"id":"l","object":"model","created":1700000000,"owned_by":"vllm","root":"/p","parent":"a","max_model_len":2048}]}"#
    )
  }

  @Test("adapters are loaded and unloaded without complaint about repetition")
  func adapters() throws {
    let engine = try TestEngine("--mode", "echo")
    let request = #"{"model":"new","prompt":"x"}"#
    #expect(try engine.send(.POST, "/v1/completions", request).status == 404)
    for _ in 0..<2 {
      let loaded = try engine.send(.POST, "/v1/load_lora_adapter", #"{"lora_name":"new","lora_path":"/n"}"#)
      #expect(loaded.status == 200)
      #expect(loaded.body == "")
    }
    #expect(try engine.send(.GET, "/v1/models").body.contains(#""id":"new""#))
    #expect(try engine.send(.POST, "/v1/completions", request).body.contains(#""model":"new""#))
    for _ in 0..<2 {
      #expect(try engine.send(.POST, "/v1/unload_lora_adapter", #"{"lora_name":"new"}"#).status == 200)
    }
    #expect(try engine.send(.POST, "/v1/completions", request).status == 404)
    #expect(try engine.send(.POST, "/v1/load_lora_adapter", "{").status == 400)
  }

  @Test("health is at once, readiness after the start-up time")
  func health() throws {
    let engine = try TestEngine("--startup-duration", "2s")
    #expect(try engine.send(.GET, "/health").status == 200)
    #expect(try engine.send(.GET, "/health/ready").status == 503)
    engine.advance(milliseconds: 2000)
    let ready = try engine.send(.GET, "/health/ready")
    #expect(ready.status == 200)
    #expect(ready.header("content-type") == "application/json")
    #expect(ready.body == "")
  }

  @Test("v0.5.0 has /ready and not /health/ready; the latest generation has both")
  func readiness() throws {
    let old = try TestEngine("--compat", "v0.5.0")
    #expect(try old.send(.GET, "/ready").status == 200)
    #expect(try old.send(.GET, "/health/ready").status == 404)
    #expect(try old.send(.HEAD, "/health/ready").status == 404)
    let new = try TestEngine()
    #expect(try new.send(.GET, "/ready").status == 200)
    #expect(try new.send(.GET, "/health/ready").status == 200)
  }

  @Test("tokenize counts a prompt or messages, not both")
  func tokenize() throws {
    let engine = try TestEngine()
    #expect(
      try engine.send(.POST, "/tokenize", #"{"prompt":"a"}"#).body
        == #"{"count":1,"tokens":[3826002220],"max_model_len":1024}"#)
    #expect(
      try engine.send(.POST, "/tokenize", #"{"messages":[{"role":"user","content":"a"}]}"#).body.hasPrefix(
        #"{"count":6,"#))
    let both = try engine.send(.POST, "/tokenize", #"{"prompt":"a","messages":[{"role":"user","content":"a"}]}"#)
    #expect(both.status == 400)
    #expect(both.body.contains("both prompt and messages fields in tokenize request"))
  }

  @Test("sleeping needs the flag and the environment; an engine asleep answers 503")
  func sleeping() throws {
    #expect(try TestEngine("--enable-sleep-mode").send(.POST, "/sleep").status == 404)
    let engine = try TestEngine("--enable-sleep-mode", environment: ["VLLM_SERVER_DEV_MODE": "1"])
    #expect(try engine.send(.GET, "/is_sleeping").body == #"{"is_sleeping":false}"#)
    #expect(try engine.send(.POST, "/sleep?level=1").status == 200)
    #expect(try engine.send(.GET, "/is_sleeping").body == #"{"is_sleeping":true}"#)
    #expect(try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"x"}"#).status == 503)
    #expect(try engine.send(.POST, "/wake_up?tags=weights").status == 200)
    #expect(try engine.send(.GET, "/is_sleeping").body == #"{"is_sleeping":true}"#)
    #expect(try engine.send(.POST, "/wake_up?tags=kv_cache").status == 200)
    #expect(try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"x"}"#).status == 200)
  }

  @Test("the configuration changes in one step or not at all")
  func administration() throws {
    let engine = try TestEngine("--time-to-first-token", "100ms")
    let changed = try engine.send(
      .POST, "/admin/config",
      #"{"time-to-first-token":"5ms","inter-token-latency":"1500us","failure-types":["rate_limit"]}"#)
    #expect(changed.status == 200)
    #expect(engine.engine.options.latency.timeToFirstToken.mean == 5)
    let wrong = try engine.send(.POST, "/admin/config", #"{"time-to-first-token":"9ms","inter-token-latenzy":"1ms"}"#)
    #expect(wrong.status == 400)
    #expect(wrong.body.contains("inter-token-latenzy cannot be changed; did you mean inter-token-latency?"))
    #expect(engine.engine.options.latency.timeToFirstToken.mean == 5)
    #expect(
      try engine.send(.GET, "/admin/config").body
        == #"{"time-to-first-token":"5ms","time-to-first-token-std-dev":"0s","inter-token-latency":"1.5ms","inter-token-latency-std-dev":"0s","kv-cache-transfer-latency":"0s","kv-cache-transfer-latency-std-dev":"0s","prefill-overhead":"0s","prefill-time-per-token":"0s","prefill-time-std-dev":"0s","kv-cache-transfer-time-per-token":"0s","kv-cache-transfer-time-std-dev":"0s","time-factor-under-load":1,"latency-calculator":"","failure-injection-rate":0,"failure-types":["rate_limit"],"image-emission-rate":0,"fake-metrics":null}"#
    )
    let client = try engine.connect()
    try client.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"x","max_tokens":1}"#)
    engine.advance(milliseconds: 5)
    #expect(try client.read().status == 200)
    try client.close()
  }

  @Test("v0.5.0 exports exactly its four metrics")
  func oldMetrics() throws {
    let engine = try TestEngine("--compat", "v0.5.0", "--max-loras", "3")
    let samples = try engine.send(.GET, "/metrics").body.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      samples == [
        "vllm:num_requests_running{model_name=\"demo\"} 0", "vllm:num_requests_waiting{model_name=\"demo\"} 0",
        "vllm:gpu_cache_usage_perc{model_name=\"demo\"} 0",
        "vllm:lora_requests_info{max_lora=\"3\",running_lora_adapters=\"\",waiting_lora_adapters=\"\"} 1700000000",
      ])
  }

  @Test("the latest generation counts times, tokens and outcomes")
  func newMetrics() throws {
    let engine = try TestEngine("--mode", "echo", "--time-to-first-token", "50ms", "--inter-token-latency", "20ms")
    _ = try engine.send(.POST, "/v1/completions", #"{"model":"demo","prompt":"a b c"}"#, milliseconds: 90)
    let page = try engine.send(.GET, "/metrics").body
    for line in [
      "vllm:kv_cache_usage_perc{model_name=\"demo\"} 0",
      "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.04\"} 0",
      "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.06\"} 1",
      "vllm:time_to_first_token_seconds_sum{model_name=\"demo\"} 0.05",
      "vllm:inter_token_latency_seconds_sum{model_name=\"demo\"} 0.04",
      "vllm:inter_token_latency_seconds_count{model_name=\"demo\"} 2",
      "vllm:e2e_request_latency_seconds_bucket{model_name=\"demo\",le=\"+Inf\"} 1",
      "vllm:request_prompt_tokens_bucket{model_name=\"demo\",le=\"2\"} 0",
      "vllm:request_prompt_tokens_bucket{model_name=\"demo\",le=\"5\"} 1",
      "vllm:prompt_tokens_total{model_name=\"demo\"} 3",
      "vllm:generation_tokens_total{model_name=\"demo\"} 3",
      "vllm:request_success_total{model_name=\"demo\",finish_reason=\"stop\"} 1",
      "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"1024\"} 1",
    ] { #expect(page.contains(line + "\n"), "\(line)") }
  }

  @Test("fake metrics take the place of all others and may move")
  func fakeMetrics() throws {
    let engine = try TestEngine(
      "--fake-metrics",
      #"{"running-requests":16,"waiting-requests":"ramp:0:10:1s","kv-cache-usage":0.3,"loras":[{"running":"a,b","waiting":"c","timestamp":1257894567}],"ttft-buckets-values":[1,2],"request-success-total":{"stop":20}}"#
    )
    engine.advance(milliseconds: 550)
    let page = try engine.send(.GET, "/metrics").body
    for line in [
      "vllm:num_requests_running{model_name=\"demo\"} 16", "vllm:num_requests_waiting{model_name=\"demo\"} 5",
      "vllm:kv_cache_usage_perc{model_name=\"demo\"} 0.3",
      "vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"a,b\",waiting_lora_adapters=\"c\"} 1257894567",
      "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.005\"} 3",
      "vllm:request_success_total{model_name=\"demo\",finish_reason=\"stop\"} 20",
    ] { #expect(page.contains(line + "\n"), "\(line)") }
    #expect(!page.contains("vllm:inter_token_latency_seconds"))
    #expect(try engine.send(.POST, "/fake_metrics", #"{"running-requests":-1}"#).status == 400)
    #expect(try engine.send(.POST, "/admin/config", #"{"fake-metrics":null}"#).status == 200)
    #expect(try engine.send(.GET, "/metrics").body.contains("vllm:num_requests_running{model_name=\"demo\"} 0\n"))
  }

  @Test(
    "the shapes of moving values",
    arguments: [
      ("oscillate:0:8:4s", [0.0, 4, 8, 0, 4]), ("ramp:0:8:4s", [0, 2, 4, 8, 8]), ("rampreset:0:8:4s", [0, 2, 4, 0, 2]),
      ("squarewave:0:8:4s", [0, 0, 8, 0, 0]),
    ])
  func functions(text: String, values: [Double]) throws {
    let function = try #require(MetricFunction(text))
    #expect(function.text == text)
    for (time, value) in zip([0.0, 1000, 2000, 4000, 5000], values) {
      #expect(abs(function.value(atMilliseconds: time) - value) < 1e-9)
    }
  }
}

@Suite("Request log")
struct RequestLogTests {
  @Test("bodies are shown byte for byte, secrets are not")
  func shown() throws {
    let engine = try TestEngine("--mode", "echo")
    let body = #"{ "model":"demo", "prompt":"é \u00e9\n" , "x":1.0 }"#
    let client = try engine.connect()
    let bytes = Array(body.utf8)
    try client.send(
      .POST, "/v1/completions?a=1", parts: [Array(bytes[..<30]), Array(bytes[30...])],
      headers: [("Authorization", "Bearer secret"), ("X-A", "1"), ("x-a", "2")])
    try client.close()
    _ = try engine.send(.GET, "/health")
    _ = try engine.send(.GET, "/metrics")
    #expect(
      try engine.send(.GET, "/sim/requests?last=5").body
        == #"[{"id":1,"method":"POST","path":"/v1/completions?a=1","time":"2023-11-14T22:13:20.000Z","headers":{"authorization":"<redacted>","x-a":"1, 2"},"body":"{ \"model\":\"demo\", \"prompt\":\"é \\u00e9\\n\" , \"x\":1.0 }"}]"#
    )
    #expect(try engine.send(.GET, "/sim/requests/last/body").body == body)
    #expect(try engine.send(.GET, "/sim/requests/1/body").body == body)
    #expect(try engine.send(.GET, "/sim/requests/2/body").status == 404)
    #expect(try engine.send(.DELETE, "/sim/requests").status == 204)
    #expect(try engine.send(.GET, "/sim/requests").body == "[]")
  }

  @Test("bytes that are no text come in base 64")
  func binary() {
    var log = RequestLog()
    log.record(method: "POST", path: "/x", time: 0, headers: [], body: [0xFF, 0x00])
    #expect(
      String(decoding: log.json(last: 1), as: UTF8.self)
        == #"[{"id":1,"method":"POST","path":"/x","time":"1970-01-01T00:00:00.000Z","headers":{},"body_base64":"/wA="}]"#
    )
  }

  @Test("the log is bounded in requests and bytes, and long bodies keep only their ends")
  func bounds() {
    var log = RequestLog()
    for _ in 0..<100 { log.record(method: "POST", path: "/", time: 0, headers: [], body: [1]) }
    #expect(log.entries.count == 64)
    #expect(log.entries.first?.id == 37)
    let large = [UInt8](repeating: 7, count: 4 * 1024 * 1024)
    for _ in 0..<5 { log.record(method: "POST", path: "/", time: 0, headers: [], body: large) }
    #expect(log.entries.count == 4)
    var tooLarge = large
    tooLarge.append(9)
    log.clear()
    log.record(method: "POST", path: "/", time: 0, headers: [], body: tooLarge)
    guard case .abbreviated(let count, let checksum, let first, let last)? = log.entries.first?.body else {
      Issue.record("a long body is kept whole")
      return
    }
    #expect(count == 4_194_305)
    #expect(checksum.hasPrefix("fnv1a64:"))
    #expect(first.count == 1024)
    #expect(last.last == 9)
  }
}
