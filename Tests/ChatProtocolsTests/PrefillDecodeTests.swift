import JSONText
import Testing

@testable import ChatProtocols

struct PrefillDecodeTests {
  /// A request with members that the hand-over replaces, and one that nobody knows.
  private static let body =
    #"{ "model":"m", "messages":[{"role":"user","content":"Hi \u00e9"}], "x" : 1.50, "stream":true,"#
    + #""stream_options":{"include_usage":true},"min_tokens":3,"max_tokens": 9, "kv_transfer_params":{"mine":1},"#
    + #""bootstrap_room":1,"disaggregated_params":null}"#

  private static func edits(_ text: String = body, _ endpoint: ModelEndpoint = .chatCompletions) throws -> RequestEdits
  {
    RequestEdits(try .scan(body: Array(text.utf8), endpoint: endpoint))
  }

  private static func applied(_ edits: RequestEdits, to text: String = body) -> String {
    String(decoding: edits.apply(to: Array(text.utf8)), as: UTF8.self)
  }

  private static func answer(_ text: String) throws -> PrefillAnswer {
    try Array(text.utf8).withUnsafeBytes { try PrefillAnswer(reading: $0) }
  }

  @Test("vLLM's prefill is asked for one token and to keep the cache")
  func vllmPrefill() throws {
    #expect(
      Self.applied(HandOver.vllm(host: "10.0.0.1").prefill(try Self.edits()))
        == #"{ "model":"m", "messages":[{"role":"user","content":"Hi \u00e9"}], "x" : 1.50, "stream":false,"#
        + #""max_tokens": 1, "kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"#
        + #""remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null},"#
        + #""bootstrap_room":1,"disaggregated_params":null,"max_completion_tokens":1}"#)
  }

  @Test("vLLM's decode gets what the prefill answered, with the host by which the fleet knows it")
  func vllmDecode() throws {
    let answer = try Self.answer(
      #"{"id":"c","choices":[{"kv_transfer_params":{"no":1}}],"kv_transfer_params":{"do_remote_prefill":true,"#
        + #""remote_engine_id":"e","remote_block_ids":[7,8],"remote_host":"0.0.0.0","remote_port":5600,"new":"kept"}}"#)
    let handOver = HandOver.vllm(host: "2001:db8::1")
    #expect(!handOver.isSimultaneous && handOver.isMade(by: answer))
    #expect(
      Self.applied(handOver.decode(try Self.edits(), after: answer))
        == Self.body.replacing(
          #"{"mine":1}"#,
          with: #"{"do_remote_prefill":true,"remote_engine_id":"e","remote_block_ids":[7,8],"#
            + #""remote_host":"2001:db8::1","remote_port":5600,"new":"kept"}"#))
  }

  @Test("a prefill that hands nothing over leaves the prompt to the decode", arguments: ["null", "[]", "\"x\""])
  func nothingHandedOver(value: String) throws {
    let answer = try Self.answer(#"{"kv_transfer_params":\#(value),"disaggregated_params":\#(value)}"#)
    #expect(answer == PrefillAnswer())
    for handOver in [HandOver.vllm(host: "h"), .tensorRTLLM(id: 5)] {
      #expect(!handOver.isMade(by: answer))
      let body = Self.applied(handOver.decode(try Self.edits(), after: answer))
      #expect(!body.contains(handOver == .vllm(host: "h") ? "kv_transfer_params" : "disaggregated_params"))
      #expect(body.contains(#""x" : 1.50, "stream":true"#))
    }
  }

  @Test("SGLang's engines get the same body, and where to meet")
  func sglang() throws {
    let handOver = HandOver.sglang(host: "p", port: 8998, room: .max)
    #expect(handOver.isSimultaneous)
    let prefill = Self.applied(handOver.prefill(try Self.edits()))
    #expect(prefill == Self.applied(handOver.decode(try Self.edits(), after: PrefillAnswer())))
    #expect(
      prefill
        == Self.body.dropLast().replacing(#""bootstrap_room":1"#, with: #""bootstrap_room":9223372036854775807"#)
        + #","bootstrap_host":"p","bootstrap_port":8998}"#)
  }

  @Test("TensorRT-LLM's context engine is asked for the context only, its limits left alone")
  func tensorRTLLMPrefill() throws {
    let body = Self.applied(HandOver.tensorRTLLM(id: 4_398_046_511_104).prefill(try Self.edits()))
    #expect(body.contains(#""stream":false,"min_tokens":3,"max_tokens": 9"#))
    #expect(
      body.hasSuffix(
        #""disaggregated_params":{"request_type":"context_only","disagg_request_id":4398046511104}}"#))
  }

  @Test(
    "TensorRT-LLM's generation engine gets the parameters and the prompt's tokens, of completions in the prompt's place",
    arguments: [ModelEndpoint.chatCompletions, .completions], [true, false])
  func tensorRTLLMDecode(endpoint: ModelEndpoint, isInChoice: Bool) throws {
    let parameters =
      #""disaggregated_params":{"request_type":"context_only","first_gen_tokens":[9],"opaque_state":"s"}"#
    let answer = try Self.answer(
      isInChoice
        ? #"{"prompt_token_ids":[1,2],"choices":[{"index":0,\#(parameters)},{"disaggregated_params":{}}]}"#
        : #"{\#(parameters),"prompt_token_ids":[1,2],"choices":[]}"#)
    let handed = #""disaggregated_params":{"request_type":"generation_only","first_gen_tokens":[9],"opaque_state":"s"}"#
    let handOver = HandOver.tensorRTLLM(id: 5)
    if endpoint == .completions {
      let body = #"{"model":"m","prompt":"Hi"}"#
      let decode = handOver.decode(try Self.edits(body, endpoint), after: answer)
      #expect(Self.applied(decode, to: body) == #"{"model":"m","prompt":[1,2],\#(handed)}"#)
    } else {
      let body = #"{"model":"m","messages":[]}"#
      let decode = handOver.decode(try Self.edits(body), after: answer)
      #expect(Self.applied(decode, to: body) == #"{"model":"m","messages":[],\#(handed),"prompt_token_ids":[1,2]}"#)
    }
  }

  @Test("a prefill's answer that is no JSON is told", arguments: ["", "{", #"{"kv_transfer_params":{}"#, "{} x"])
  func malformedAnswer(text: String) { #expect(throws: JSONError.self) { try Self.answer(text) } }

  @Test("an answer that is no object hands nothing over")
  func noObject() throws { #expect(try Self.answer("[1]") == PrefillAnswer()) }

  @Test("ids are milliseconds since 2023, machine and counter, above 2⁴²")
  func ids() {
    let lowest: UInt64 = 1 << 42
    let machine: UInt64 = 5 << 12
    let second: UInt64 = 1_000 << 22
    let ids = DisaggregatedIDs(machine: 5)
    // One second after the epoch.
    #expect(ids.next(now: DisaggregatedIDs.epoch + 1_000) == second + machine + lowest)
    #expect(ids.next(now: DisaggregatedIDs.epoch + 1_000) == second + machine + 1 + lowest)
    // A clock that goes back changes nothing, and a full millisecond goes on in the next.
    #expect(ids.next(now: 0) == second + machine + 2 + lowest)
    for _ in 3..<4_096 { _ = ids.next(now: 0) }
    #expect(ids.next(now: 0) == second + (1 << 22) as UInt64 + machine + lowest)
    // The largest plain number, 2⁶³ − 1, begins the range anew.
    let last = DisaggregatedIDs.id(milliseconds: .max, machine: 0x3FF, counter: 0xFFF)
    #expect(last == lowest - 1 + lowest)
  }
}
