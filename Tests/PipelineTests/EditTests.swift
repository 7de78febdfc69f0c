import ChatProtocols
import Pipeline
import RouterConfig
import Testing

@Suite("What a plan makes of a body") struct EditTests {
  private typealias F = PipelineFixture

  /// The sample with one decision for every request: its prompt, how it is put in, whether it reasons.
  private func snapshot(
    mode: SystemPromptPlugin.Mode = .replace, prompt: String = "P", reasons: Bool = true, family: ReasoningFamily? = nil
  ) throws -> RoutingSnapshot {
    try F.snapshot(classifier: CountingClassifier(.math)) { document in
      document.routing.decisions = [
        Decision(
          name: "d", modelRefs: [ModelRef(model: F.model, useReasoning: reasons, reasoningEffort: "high")],
          plugins: [.systemPrompt(SystemPromptPlugin(prompt: prompt, mode: mode))])
      ]
      if let family { document.providers.reasoningFamilies["qwen3"] = family }
    }
  }

  /// The members behind the model, of a request with these messages.
  private func edited(
    _ messages: String, more: String = "", _ snapshot: RoutingSnapshot
  ) throws -> String {
    let body = try F.plan(#"{"model":"MoM","messages":\#(messages)\#(more)}"#, snapshot: snapshot).body
    let start = #"{"model":"vllm-llama3-8b-instruct","messages":"#
    #expect(body.hasPrefix(start))
    return String(body.dropFirst(start.count))
  }

  private let hi = #"{"role":"user","content":"hi"}"#
  private let on = #","chat_template_kwargs":{"enable_thinking":true}}"#

  @Test("replace: the request's own system prompt goes, the other messages stay")
  func replace() throws {
    let snapshot = try snapshot()
    let user = #"{"role":"user","content":"hi \ud83d\ude00"}"#
    #expect(
      try edited(#"[{"role":"system","content":"old"},\#(user)]"#, snapshot)
        == #"[{"role":"system","content":"P"},\#(user)]\#(on)"#)
    #expect(
      try edited(#"[{"content":[{"type":"text","text":"old"}],"role":"system","name":"s"},\#(user)]"#, snapshot)
        == #"[{"content":"P","role":"system","name":"s"},\#(user)]\#(on)"#)
    #expect(try edited("[\(user)]", snapshot) == #"[{"role":"system","content":"P"},\#(user)]\#(on)"#)
  }

  @Test("insert: the request's own system prompt follows behind an empty line")
  func insert() throws {
    let snapshot = try snapshot(mode: .insert)
    #expect(
      try edited(#"[{"role":"system","content":"old\n"}]"#, snapshot)
        == #"[{"role":"system","content":"P\n\nold\n"}]\#(on)"#)
    #expect(
      try edited(#"[{"role":"user","content":"hi"}]"#, snapshot)
        == #"[{"role":"system","content":"P"},{"role":"user","content":"hi"}]\#(on)"#)
  }

  @Test("only the first message is looked at: a developer's and a later system message stay")
  func firstMessageOnly() throws {
    let snapshot = try snapshot()
    let messages = #"{"role":"developer","content":"d"},{"role":"system","content":"s"}"#
    #expect(try edited("[\(messages)]", snapshot) == #"[{"role":"system","content":"P"},\#(messages)]\#(on)"#)
  }

  @Test("a prompt is escaped as JSON wants it")
  func escaping() throws {
    let snapshot = try snapshot(prompt: "say \"hi\"\\\n\u{1}é")
    #expect(
      try edited("[\(hi)]", snapshot)
        == #"[{"role":"system","content":"say \"hi\"\\\n\u0001é"},\#(hi)]\#(on)"#)
  }

  @Test("reasoning off is said explicitly; the client's other template arguments stay, its effort goes")
  func reasoningOff() throws {
    let snapshot = try snapshot(prompt: "", reasons: false)
    #expect(
      try edited("[\(hi)]", snapshot) == #"[\#(hi)],"chat_template_kwargs":{"enable_thinking":false}}"#)
    #expect(
      try edited(
        "[\(hi)]",
        more: #","chat_template_kwargs":{"a":1,"enable_thinking":true},"reasoning_effort":"low","top_p":1.0"#,
        snapshot) == #"[\#(hi)],"chat_template_kwargs":{"a":1,"enable_thinking":false},"top_p":1.0}"#)
  }

  @Test("an effort in the template: the decision's when on, the client's or low when off")
  func templateEffort() throws {
    let family = ReasoningFamily(kind: .reasoningEffort, parameter: "reasoning_effort")
    let on = try snapshot(prompt: "", family: family)
    #expect(
      try edited("[\(hi)]", more: #","reasoning_effort":"low""#, on)
        == #"[\#(hi)],"chat_template_kwargs":{"reasoning_effort":"high"}}"#)
    let off = try snapshot(prompt: "", reasons: false, family: family)
    #expect(
      try edited("[\(hi)]", more: #","reasoning_effort":"minimal""#, off)
        == #"[\#(hi)],"chat_template_kwargs":{"reasoning_effort":"minimal"}}"#)
    #expect(try edited("[\(hi)]", off) == #"[\#(hi)],"chat_template_kwargs":{"reasoning_effort":"low"}}"#)
  }

  @Test("a top-level effort: the decision's when on, the client's own when off")
  func topLevelEffort() throws {
    let family = ReasoningFamily(kind: .topLevelReasoningEffort, parameter: "reasoning_effort")
    let on = try snapshot(prompt: "", family: family)
    #expect(
      try edited("[\(hi)]", more: #","reasoning_effort":"low""#, on) == #"[\#(hi)],"reasoning_effort":"high"}"#)
    let off = try snapshot(prompt: "", reasons: false, family: family)
    #expect(
      try edited("[\(hi)]", more: #","reasoning_effort":"low""#, off) == #"[\#(hi)],"reasoning_effort":"low"}"#)
    #expect(try edited("[\(hi)]", off) == "[\(hi)]}")
  }

  @Test("a model without a reasoning family keeps the client's reasoning_effort", arguments: [true, false])
  func noFamily(reasons: Bool) throws {
    let snapshot = try F.snapshot { document in
      document.providers.models[0].reasoningFamily = nil
      document.routing.decisions = [
        Decision(name: "d", modelRefs: [ModelRef(model: F.model, useReasoning: reasons)])
      ]
    }
    let plan = try F.plan(F.request("hi"), snapshot: snapshot).plan
    #expect(plan.selection?.usesReasoning == reasons)
    #expect(
      try edited("[\(hi)]", more: #","reasoning_effort":"high""#, snapshot) == #"[\#(hi)],"reasoning_effort":"high"}"#)
  }

  @Test("what nobody edits stays as it was sent: spaces, order, unknown members, odd numbers, repeated names")
  func untouched() throws {
    let snapshot = try snapshot(prompt: "", family: ReasoningFamily(kind: .topLevelReasoningEffort, parameter: "e"))
    let request = """
      {\r\n\t"stream" : true , "unknown":{"a" :[1.50, 1e400]}, "model" :"MoM", "seed":12345678901234567890 ,
        "stream":false,"messages" : [ {"role":"user" , "content":"\\u0068i"} ], "reasoning_effort":"low" }

      """
    let (_, body) = try F.plan(request, snapshot: snapshot)
    #expect(
      body
        == request.replacing(#""MoM""#, with: #""vllm-llama3-8b-instruct""#)
        .replacing(#""low""#, with: #""high""#))
  }

  @Test("a completion is read and routed, of its body only the model changes")
  func completions() throws {
    let (plan, body) = try F.plan(
      #"{"model":"MoM","prompt":"What is the derivative of f(x) = x^3?","reasoning_effort":"high","max_tokens":7}"#,
      endpoint: .completions)
    #expect(plan.selection?.decision == "math_decision")
    // A completion has no place to say it, so nothing is said.
    #expect(plan.selection?.usesReasoning == nil)
    #expect(!plan.injectsSystemPrompt)
    #expect(
      body
        == #"{"model":"vllm-llama3-8b-instruct","prompt":"What is the derivative of f(x) = x^3?","#
        + #""reasoning_effort":"high","max_tokens":7}"#)
  }

  @Test("an embedding is read and routed, of its body only the model changes")
  func embeddings() throws {
    let (plan, body) = try F.plan(
      #"{"input":["Think about","the derivative"],"model":"MoM"}"#, endpoint: .embeddings)
    #expect(plan.selection?.decision == "thinking_decision")
    #expect(!plan.injectsSystemPrompt)
    #expect(body == #"{"input":["Think about","the derivative"],"model":"vllm-llama3-8b-instruct"}"#)
  }

  @Test("token prompts have no text; the default model answers")
  func tokens() throws {
    let (plan, body) = try F.plan(#"{"prompt":[1,2,3],"model":"auto"}"#, endpoint: .completions)
    #expect(plan.verdict == .noMatch)
    #expect(body == #"{"prompt":[1,2,3],"model":"vllm-llama3-8b-instruct"}"#)
  }
}
