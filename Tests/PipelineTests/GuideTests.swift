import ChatProtocols
import Pipeline
import Reading
import RouterConfig
import Routing
import Signals
import Testing

@Suite("Plans over the guide's sample") struct GuideTests {
  private typealias F = PipelineFixture

  private let mathPrompt = """
    You are a mathematics expert. Work through the problem step by step, state the rules you use, and check the result. \
    Write formulas in a clear notation and end with the answer on a line of its own.
    """

  private func families(_ plan: RoutePlan) -> [SignalFamily] {
    SignalFamily.allCases.filter { plan.readings[$0] != nil }
  }

  @Test("the guide's request goes to the mathematics decision, thinking, with its prompt")
  func guide() throws {
    let (plan, body) = try F.plan(
      #"{"model":"MoM","messages":[{"role":"user","content":"What is the derivative of f(x) = x^3?"}]}"#)
    let selection = try #require(plan.selection)
    #expect(selection.decision == "math_decision")
    #expect(selection.category == "math")
    #expect(selection.usesReasoning == true)
    #expect(selection.matchedRules.map(\.description) == ["domain:math"])
    #expect(selection.confidence > 0.5)
    #expect(plan.publicModel == "vllm-llama3-8b-instruct")
    #expect(plan.adapter == nil)
    #expect(plan.recipe == 0)
    #expect(plan.injectsSystemPrompt)
    #expect(!plan.wasReadBefore)
    #expect(families(plan) == [.keyword, .domain])
    #expect(
      body
        == #"{"model":"vllm-llama3-8b-instruct","messages":[{"role":"system","content":"\#(mathPrompt)"},"#
        + #"{"role":"user","content":"What is the derivative of f(x) = x^3?"}],"#
        + #""chat_template_kwargs":{"enable_thinking":true}}"#)
  }

  @Test("words of haste win over the subject, which is then not even looked for")
  func urgent() throws {
    let (plan, body) = try F.plan(F.request("urgent: who was Napoleon?"))
    #expect(plan.selection?.decision == "thinking_decision")
    #expect(plan.selection?.category == nil)
    #expect(plan.selection?.confidence == 1)
    #expect(families(plan) == [.keyword])
    #expect(
      body.hasPrefix(
        #"{"model":"vllm-llama3-8b-instruct","messages":[{"role":"system","content":"You are a thoughtful assistant."#))
    #expect(body.hasSuffix(#"],"chat_template_kwargs":{"enable_thinking":true}}"#))
  }

  @Test(
    "keywords are whole words in any case",
    arguments: [
      ("Think carefully about the derivative of x^3", true), ("ASAP: the derivative of x^3", true),
      ("What is x^3, think?", true), ("I am thinking about the derivative of x^3", false),
      ("Carefully derive x^3 with respect to x", false), ("rethink", false),
    ])
  func keywords(text: String, isThinking: Bool) throws {
    let plan = try F.plan(F.request(text)).plan
    #expect((plan.selection?.decision == "thinking_decision") == isThinking)
  }

  @Test(
    "each subject's question takes its decision, with reasoning where the sample says so",
    arguments: [
      ("What is the powerhouse of the cell, and how do mitochondria make ATP?", "biology", false),
      ("Balance the equation for the combustion of propane and name the oxidation states.", "chemistry", true),
      (
        "Which inflation measure does the central bank use, and how do interest rates affect demand?", "economics",
        false
      ),
      ("What caused the fall of the Western Roman Empire in 476?", "history", false),
      ("A ball is thrown upward at 20 m/s; what is its maximum height and kinetic energy?", "physics", true),
      ("What is the difference between negligence and strict liability in tort law?", "law", false),
    ])
  func subjects(text: String, subject: String, reasons: Bool) throws {
    let (plan, body) = try F.plan(F.request(text))
    #expect(plan.selection?.decision == "\(subject)_decision")
    #expect(plan.selection?.category == subject)
    #expect(plan.selection?.usesReasoning == reasons)
    #expect(body.hasSuffix(#","chat_template_kwargs":{"enable_thinking":\#(reasons)}}"#))
  }

  @Test("a prompt of which no subject is sure is `other`, below every other decision")
  func unsure() throws {
    let snapshot = try F.snapshot(classifier: CountingClassifier(nil)) { _ in }
    let plan = try F.plan(F.request("hello"), snapshot: snapshot).plan
    #expect(plan.selection?.decision == "other_decision")
    #expect(plan.selection?.category == "other")
    #expect(plan.readings[.domain]?.note != nil)
  }

  @Test("a request without text matches nothing and goes to the default model as it is")
  func noText() throws {
    let (plan, body) = try F.plan(
      #"{"model":"MoM","messages":[{"role":"user","content":""}],"reasoning_effort":"high"}"#)
    #expect(plan.selection?.decision == nil)
    #expect(plan.verdict == .noMatch)
    #expect(plan.selection?.notes == ["no decision matches; the default model answers"])
    #expect(!plan.injectsSystemPrompt)
    #expect(
      body
        == #"{"model":"vllm-llama3-8b-instruct","messages":[{"role":"user","content":""}],"reasoning_effort":"high"}"#)
  }

  @Test("a classifier that is down leaves the default model to answer")
  func classifierDown() throws {
    let classifier = CountingClassifier(failure: ClassifierError("no weights"))
    let snapshot = try F.snapshot(classifier: classifier) { _ in }
    let (plan, body) = try F.plan(F.request("What is the derivative of x^3?"), snapshot: snapshot)
    #expect(plan.selection?.decision == nil)
    #expect(plan.model == F.model)
    #expect(body == F.request("What is the derivative of x^3?", model: F.model))
    #expect(plan.readings[.domain]?.readings.first?.state == .failed(reason: "no weights"))
  }

  @Test("no match and no default model: 400")
  func noDefault() throws {
    let snapshot = try F.snapshot { $0.providers.defaultModel = nil }
    #expect(
      throws: APIError(
        status: 400, message: "unable to route request: no model selected and no default model configured",
        type: "invalid_request_error", param: "model", code: nil)
    ) { try F.plan(F.request(""), snapshot: snapshot) }
  }

  @Test("a LoRA adapter's name passes through, byte for byte")
  func adapter() throws {
    let request = #" { "messages" : [ {} ] , "model" : "math-expert" , "reasoning_effort" : "low", "x" : 1.0 } "#
    let (plan, body) = try F.plan(request)
    #expect(body == request)
    #expect(plan.selection == nil)
    #expect(plan.verdict == nil)
    #expect(plan.recipe == nil)
    #expect(plan.model == F.model)
    #expect(plan.adapter == "math-expert")
    #expect(plan.publicModel == "math-expert")
    #expect(families(plan) == [])
    #expect(!plan.injectsSystemPrompt)
  }

  @Test("a model's own name passes through, byte for byte, and is renamed only where the engine calls it otherwise")
  func passThrough() throws {
    let request = F.request("urgent: what is 2 + 2?", model: F.model, more: #", "seed":7"#)
    let (plan, body) = try F.plan(request)
    #expect(body == request)
    #expect(plan.selection == nil)
    #expect(plan.adapter == nil)
    let snapshot = try F.snapshot { $0.providers.models[0].providerModelID = "meta-llama/8B" }
    #expect(
      try F.plan(request, snapshot: snapshot).body
        == F.request("urgent: what is 2 + 2?", model: "meta-llama/8B", more: #", "seed":7"#))
  }

  @Test("an adapter that a decision chose is asked for by its name")
  func chosenAdapter() throws {
    let snapshot = try F.snapshot { document in
      document.providers.models[0].providerModelID = "meta-llama/8B"
      for index in document.routing.decisions.indices where document.routing.decisions[index].name == "math_decision" {
        document.routing.decisions[index].modelRefs[0].loraName = "math-expert"
      }
    }
    let (plan, body) = try F.plan(F.request("What is the derivative of x^3?"), snapshot: snapshot)
    #expect(plan.publicModel == "math-expert")
    #expect(plan.model == F.model)
    #expect(body.hasPrefix(#"{"model":"math-expert","messages":[{"role":"system","#))
  }

  @Test("an unknown model is refused by name", arguments: ["nope", "mom", "MATH-EXPERT", "MoM "])
  func unknown(model: String) throws {
    #expect(
      throws: APIError(
        status: 400, message: "model \"\(model)\" is not available", type: "invalid_request_error", param: "model",
        code: "model_not_found"
      ).marked("x-error-no-model-backends", model)
    ) { try F.plan(F.request("hi", model: model)) }
  }

  @Test("auto and vllm-sr/auto ask for routing too", arguments: ["auto", "vllm-sr/auto", "M\\u006fM"])
  func aliases(name: String) throws {
    let (plan, body) = try F.plan(F.request("urgent", model: name))
    #expect(plan.selection?.decision == "thinking_decision")
    #expect(body.hasPrefix(#"{"model":"vllm-llama3-8b-instruct","#))
  }

  @Test(
    "a body that cannot be routed is refused with what is missing",
    arguments: [
      ("", "malformed JSON body", nil), ("{", "malformed JSON body", nil),
      (#"{"model":"MoM","messages":[]"#, "malformed JSON body", nil), ("[]", "invalid request body", nil),
      (#"{"messages":[]}"#, "invalid request body: missing required field: model", "model"),
      (#"{"model":"MoM"}"#, "messages field is required", "messages"),
      (#"{"model":"MoM","messages":{}}"#, "messages field must be an array", "messages"),
      (#"{"model":"MoM","messages":[]}"#, "no messages in the request body", "messages"),
      (#"{"model":"MoM","messages":[{"role":"user"}],"stream":"yes"}"#, "stream incorrectly set", "stream"),
      (#"{"model":7,"messages":[]}"#, "invalid request body: model must be a string", "model"),
      (#"{"model":"","messages":[]}"#, "invalid request body: missing required field: model", "model"),
    ] as [(String, String, String?)])
  func refused(body: String, message: String, param: String?) throws {
    let error = try #require(throws: APIError.self) { try F.plan(body) }
    #expect(error.status == 400)
    #expect(error.message.hasPrefix(message), "\(error.message)")
    #expect(error.param == param)
  }

  @Test("everything is read when an explanation asks for it; declared or not, the verdict is the same")
  func readsEverything() throws {
    let plan = try F.plan(F.request("urgent: x^3"), options: .init(readsEverything: true)).plan
    #expect(families(plan) == SignalFamily.allCases)
    #expect(plan.selection?.decision == "thinking_decision")
    #expect(plan.readings[.domain]?.readings.count == 14)
    #expect(plan.readings[.language]?.readings.count == 0)
    #expect(plan.signalNames(of: .keyword) == ["thinking"])
    #expect(plan.signalNames(of: .domain).first == "business")
  }
}
