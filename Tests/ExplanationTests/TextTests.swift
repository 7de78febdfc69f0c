import ChatProtocols
import Reading
import RouterConfig
import Testing

@testable import Explanation

@Suite struct TextTests {
  @Test("the guide's request is explained on one screen")
  func guide() throws {
    #expect(
      try Fixture.explain().text(colour: false, width: 100) == """
        Request
          model  MoM, which enters recipe default
          text   What is the derivative of f(x) = x^3?

        Answer
          decision   math_decision, confidence 0.93
          because    it alone of 3 decisions matches
          matched    domain:math
          model      vllm-llama3-8b-instruct
          reasoning  on
          prompt     a system prompt is put in

        Signals
             rule              confidence  value    cost
          ✗  keyword:thinking                     1.5 µs
          ✓  keyword:spare           1.00                 derivative, (no rule asks for it)
          ✓  domain:math             0.93   0.93  1.5 µs  math
          ✗  domain:law                     0.02

        Decisions
          ✓  math_decision      priority 10  0.93  domain:math  ← taken
          ✗  law_decision       priority 10        domain:law
          ✗  thinking_decision  priority 15        AND
            ├─ ✗ keyword:thinking
            └─ ✓ NOT  1.00
               └─ ✗ domain:law ≥ 0.25

        Edits to the body  100 → 228 bytes
          model, at byte 10
              {"model": ‸, "messages": [{"role": …
            − "MoM"
            + "vllm-llama3-8b-instruct"
          messages, at byte 30
              …l": "MoM", "messages": [‸{"role": "user", "conten…
            + {"role":"system","content":"You are a mathematics expert."},
          chat_template_kwargs, at byte 99
              …vative of f(x) = x^3?"}]‸}
            + ,"chat_template_kwargs":{"enable_thinking":true}

        Replicas of vllm-llama3-8b-instruct  by least-ttft
             replica                            address         score  in flight  weight
          ✓  vllm-llama3-8b-instruct_replica-1  127.0.0.1:8001   1.00          0       1
          ✓  vllm-llama3-8b-instruct_replica-2  127.0.0.1:8002   1.00          0       1

        Headers of the answer
          x-vsr-schema-version          2
          x-vsr-response-path           upstream
          x-vsr-selected-model          vllm-llama3-8b-instruct
          x-vsr-selected-recipe         default
          x-vsr-selected-algorithm      static
          x-vsr-selected-decision       math_decision
          x-vsr-selected-confidence     0.9300
          x-vsr-selected-category       math
          x-vsr-selected-reasoning      on
          x-vsr-injected-system-prompt  true

        """)
  }

  @Test("a model that is not there is refused with the names that are")
  func unknownModel() throws {
    #expect(
      try Fixture.explain(Fixture.guide.replacing("MoM", with: "nope")).text(colour: false, width: 80) == """
        Request
          model  nope
          text   What is the derivative of f(x) = x^3?

        Answer
          refused  400 model_not_found
          because  model "nope" is not available

        Notes
          ! names that enter a recipe: vllm-sr/auto, auto, MoM
          ! names that pass through: vllm-llama3-8b-instruct, idle-model

        """)
  }

  @Test("a model without a backend shows that nothing can answer")
  func nowhere() throws {
    #expect(
      try Fixture.explain(Fixture.guide.replacing("MoM", with: "idle-model")).text(colour: false, width: 80) == """
        Request
          model  idle-model
          text   What is the derivative of f(x) = x^3?

        Answer
          because  the client named the model itself, so nothing is routed
          model    idle-model

        Notes
          ! model idle-model runs nowhere: providers.models[] names no backend of it
            that can be used

        Edits to the body  none

        """)
  }

  @Test("without a default model it shows why no decision matches")
  func noDefault() throws {
    let document = Fixture.document.replacing("    default_model: vllm-llama3-8b-instruct\n", with: "")
    let explanation = try Fixture.explain(document: document, classifier: FixedClassifier([.health: 0.8]))
    #expect(
      explanation.text(colour: false, width: 72) == """
        Request
          model  MoM, which enters recipe default
          text   What is the derivative of f(x) = x^3?

        Answer
          refused  400 invalid_request_error
          because  unable to route request: no model selected and no default
                   model configured

        Signals
             rule              confidence  value  cost
          ✗  keyword:thinking
          ✓  keyword:spare           1.00               derivative, (no rule as…
          ✗  domain:math                       0
          ✗  domain:law                        0

        Decisions
          ✗  math_decision      priority 10  domain:math
          ✗  law_decision       priority 10  domain:law
          ✗  thinking_decision  priority 15  AND
            ├─ ✗ keyword:thinking
            └─ ✓ NOT  1.00
               └─ ✗ domain:law ≥ 0.25

        """)
  }

  @Test("failed signals are marked, with their reason")
  func failedSignals() throws {
    let explanation = try Fixture.explain(
      Fixture.guide.replacing("What", with: "Think: what"),
      classifier: FixedClassifier([:], failure: ClassifierError("the model file is gone")))
    let lines = explanation.text(colour: false, width: 100).split(separator: "\n").map(String.init)
    #expect(lines.contains("  because   none of 3 decisions matches; 3 could not be judged, because signals failed"))
    #expect(lines.contains("  model     vllm-llama3-8b-instruct, the default"))
    #expect(lines.contains("  ! no decision matches; the default model answers"))
    #expect(lines.contains("  !  domain:law                                   the model file is gone"))
    #expect(lines.contains("  !  thinking_decision  priority 15  AND"))
    #expect(lines.contains("    └─ ! NOT"))
  }

  @Test("the strategy that holds is told, and what decides where it lacks something")
  func strategy() throws {
    func lines(_ fields: [HeaderField]) throws -> [String] {
      let text = try Fixture.explain(fields: fields).text(colour: false, width: 80)
      return text.split(separator: "\n").map(String.init).filter { $0.contains(" by ") || $0.contains("decides") }
    }
    #expect(
      try lines([HeaderField(name: "routing-strategy", value: "session-affinity")]) == [
        "Replicas of vllm-llama3-8b-instruct  by session-affinity",
        "  ! the request names no session, so least-ttft decides",
      ])
    #expect(
      try lines([
        HeaderField(name: "routing-strategy", value: "session-affinity"),
        HeaderField(name: "x-aibrix-session-key", value: "mine"),
      ]) == ["Replicas of vllm-llama3-8b-instruct  by session-affinity"])
    #expect(try lines([HeaderField(name: "routing-strategy", value: "random")]).count == 1)
  }

  @Test("colours change no character")
  func colours() throws {
    let explanation = try Fixture.explain()
    let plain = explanation.text(colour: false, width: 60)
    let coloured = explanation.text(colour: true, width: 60)
    #expect(coloured.contains("\u{1B}[32m✓\u{1B}[0m"))
    #expect(coloured.contains("\u{1B}[1mDecisions\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == plain)
  }

  @Test("no line is wider than the terminal", arguments: [40, 57, 80, 200])
  func width(_ width: Int) throws {
    let prompt = "請仔細思考 " + String(repeating: "導數", count: 300)
    let body = #"{"model":"MoM","messages":[{"role":"user","content":"\#(prompt)"}]}"#
    for line in try Fixture.explain(body).text(colour: false, width: width).split(separator: "\n") {
      #expect(TerminalWidth.columns(of: String(line)) <= width)
    }
  }

  @Test("a prompt cannot drive the terminal")
  func controlCharacters() throws {
    let body = #"{"model":"MoM","messages":[{"role":"user","content":"a\u001b[2Jb\nc\u202Ed\u0007"}]}"#
    let text = try Fixture.explain(body).text(colour: false, width: 100)
    #expect(text.contains(#"  text   a\u{1b}[2Jb\nc\u{202e}d\u{7}"#))
    #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.value < 0x20 || $0.value == 0x202E })
  }
}
