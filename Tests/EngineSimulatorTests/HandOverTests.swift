import Testing

@testable import EngineSimulator

/// What engines with a role keep and refuse; that they fetch from one another is tested end to end.
@Suite("Hand-over")
struct HandOverTests {
  private static func chat(_ members: String) -> String {
    #"{"model":"demo","messages":[{"role":"user","content":"Hi there"}],"max_tokens":8,\#(members)}"#
  }

  private static let path = "/v1/chat/completions"

  @Test("a prefill engine of vLLM's kind keeps a cache, tells where, and gives it away once")
  func vllm() throws {
    let engine = try TestEngine("--role", "prefill", "--host", "10.0.0.7")
    let answer = try engine.send(.POST, Self.path, Self.chat(#""kv_transfer_params":{"do_remote_decode":true}"#))
    let parameters = try #require(try JSONValue(parsing: Array(answer.body.utf8))["kv_transfer_params"])
    #expect(parameters["do_remote_prefill"]?.bool == true)
    #expect(parameters["remote_host"]?.string == "10.0.0.7" && parameters["remote_port"]?.integer == 8000)
    let name = try #require(parameters["remote_block_ids"]?.elements?.first?.string)
    let prompts = [GenerationPrompt(text: "### user: Hi there\n")]
    #expect(try engine.send(.GET, "/sim/caches/\(name)").body == String(KeptCaches.fingerprint(prompts)))
    #expect(try engine.send(.GET, "/sim/caches/\(name)").status == 404)
  }

  @Test("a prefill engine of SGLang's kind keeps the cache in the room that it is told")
  func sglang() throws {
    let engine = try TestEngine("--role", "prefill", "--hand-over", "sglang", "--time-to-first-token", "100ms")
    let members = #""bootstrap_host":"h","bootstrap_port":8000,"bootstrap_room":7"#
    let client = try engine.connect()
    try client.send(.POST, Self.path, Self.chat(members))
    #expect(try engine.send(.GET, "/sim/caches/room-7").status == 404, "the prompt has not been read")
    engine.advance(milliseconds: 100)
    #expect(try client.read().status == 200)
    #expect(try engine.send(.GET, "/sim/caches/room-7").status == 200)
    #expect(try engine.send(.POST, Self.path, Self.chat(#""stream":false"#)).status == 400)
  }

  @Test("a context engine answers parameters, an address and the prompt's tokens")
  func tensorRTLLM() throws {
    let engine = try TestEngine("--role", "prefill", "--hand-over", "trtllm", "--host", "::1")
    let members = #""disaggregated_params":{"request_type":"context_only","disagg_request_id":4398046511104}"#
    let answer = try JSONValue(parsing: Array(try engine.send(.POST, Self.path, Self.chat(members)).body.utf8))
    let parameters = answer["choices"]?.elements?.first?["disaggregated_params"]
    #expect(parameters?["opaque_state"]?.string == "[::1]:8000/context-4398046511104")
    #expect(answer["prompt_token_ids"]?.elements?.count ?? 0 > 0)
    #expect(CacheAddress("[::1]:8000/context-1") == CacheAddress(host: "::1", port: 8000, name: "context-1"))
  }

  @Test(
    "what a role cannot do is refused",
    arguments: [
      ("prefill", "vllm", #""kv_transfer_params":{"do_remote_prefill":true}"#),
      ("decode", "vllm", #""kv_transfer_params":{"do_remote_decode":true}"#),
      ("decode", "vllm", #""kv_transfer_params":{"do_remote_prefill":true,"remote_host":"h"}"#),
      ("decode", "sglang", #""bootstrap_host":"h","bootstrap_port":1"#),
      ("decode", "trtllm", #""disaggregated_params":{"request_type":"context_only","disagg_request_id":1}"#),
      ("decode", "trtllm", #""disaggregated_params":{"request_type":"generation_only","opaque_state":"nowhere"}"#),
      ("prefill", "trtllm", #""disaggregated_params":{"request_type":"context_only"}"#),
    ])
  func refused(role: String, handOver: String, members: String) throws {
    let engine = try TestEngine("--role", role, "--hand-over", handOver)
    #expect(try engine.send(.POST, Self.path, Self.chat(members)).status == 400)
  }

  @Test("caches that nobody fetches go when there are too many")
  func bound() {
    var caches = KeptCaches()
    for number in 0...KeptCaches.limit { caches.keep("c\(number)", prompt: UInt64(number)) }
    #expect(caches.take("c0") == nil)
    #expect(caches.take("c1") == 1)
  }
}
