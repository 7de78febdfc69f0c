import Foundation
import Reading
import Testing

@testable import AdminAPI

@Suite struct EvaluationTests {
  @Test("a text is evaluated as a chat request to the first virtual name")
  func text() async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/api/v1/eval", #"{"text": "What is the derivative of f(x) = x^3?"}"#)
      #expect(answer.status == 200)
      let json = try answer.json
      #expect(json["original_text"] as? String == "What is the derivative of f(x) = x^3?")
      #expect(json["requested_model"] as? String == "vllm-sr/auto")
      #expect(json["routing_decision"] as? String == "math_decision")
      #expect(json["selected_model"] as? String == "llama")
      #expect(json["selection_status"] as? String == "selected")
      #expect(json["eval_trace"] == nil)
    }
  }

  @Test("the trace comes when it is asked for, either way")
  func trace() async throws {
    try await TestServer.run { test in
      for (target, body) in [
        ("/api/v1/eval?trace=true", #"{"text":"x"}"#), ("/api/v1/eval", #"{"text":"x","options":{"trace":true}}"#),
      ] {
        let json = try await test.post(target, body).json
        #expect((json["eval_trace"] as? [Any])?.count == 2)
      }
      let json = try await test.post("/api/v1/eval?trace=false", #"{"text":"x"}"#).json
      #expect(json["eval_trace"] == nil)
    }
  }

  @Test("messages, model and the rest of a chat request are evaluated as they are")
  func messages() async throws {
    try await TestServer.run { test in
      let body = #"""
        {"messages": [{"role": "user", "content": "Think!"}], "model": "MoM", "reasoning_effort": "high",
         "options": {"evaluate_all_signals": true}}
        """#
      let json = try await test.post("/api/v1/eval", body).json
      #expect(json["requested_model"] as? String == "MoM")
      #expect(json["routing_decision"] as? String == "thinking_decision")
      #expect(json["selection_reason"] as? String == "two decisions match: its priority 15 is above math_decision's 10")
      let edits = try #require(json["edits"] as? [NSDictionary])
      #expect(edits.contains { $0["removed"] as? String == #","reasoning_effort": "high""# })
    }
  }

  @Test("completions and embeddings are evaluated as such, byte for byte")
  func otherEndpoints() async throws {
    try await TestServer.run { test in
      for member in [#""prompt" : "urgent""#, #""input" : "urgent""#] {
        let json = try await test.post("/api/v1/eval", #"{ "model" : "MoM", \#(member) }"#).json
        #expect(json["routing_decision"] as? String == "thinking_decision")
        let edits = try #require(json["edits"] as? [NSDictionary])
        #expect(edits.map { $0["member"] as? String } == ["model"])
        #expect(edits.map { $0["offset"] as? Int } == [12])
      }
    }
  }

  @Test("messages win over text, and the answer says so")
  func messagesAndText() async throws {
    try await TestServer.run { test in
      let json = try await test.post(
        "/api/v1/eval", #"{"text":"a","messages":[{"role":"user","content":"b"}]}"#
      ).json
      #expect(json["original_text"] as? String == "b")
      #expect(
        json["notes"] as? [String] == ["the request has messages as well as text; the messages are evaluated"])
    }
  }

  @Test(
    "requests that cannot be evaluated are refused",
    arguments: [
      (#"{}"#, "INVALID_INPUT", "text is missing or empty; give a text, or messages as in a chat request"),
      (#"{"text":""}"#, "INVALID_INPUT", "text is missing or empty; give a text, or messages as in a chat request"),
      (#"{"text":7}"#, "INVALID_INPUT", "text must be a string"),
      (#"[]"#, "INVALID_INPUT", "the body must be a JSON object with text or messages"),
      (#"{"messages":7}"#, "INVALID_INPUT", "messages field must be an array"),
      (#"{"text":"x","model":7}"#, "INVALID_INPUT", "invalid request body: model must be a string"),
      (#"{"text":"x","options":[]}"#, "INVALID_INPUT", "options must be an object"),
      (#"{"text":"x","options":{"trace":1}}"#, "INVALID_INPUT", "options.trace must be true or false"),
      (
        #"{"text":"x","model":"nope"}"#, "INVALID_ROUTING_MODEL",
        #"model "nope" is not available; names that enter a recipe: vllm-sr/auto, auto, MoM; "#
          + "names that pass through: llama"
      ),
    ])
  func refusals(_ body: String, _ code: String, _ message: String) async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/api/v1/eval", body)
      #expect(answer.status == 400)
      #expect(try answer.errorCode == code)
      #expect(try answer.errorMessage == message)
      #expect((try answer.json["error"] as? NSDictionary)?["timestamp"] as? String == "2026-01-31T09:05:00Z")
    }
  }

  @Test("broken JSON is refused with the fault's place")
  func brokenJSON() async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/api/v1/eval", #"{"text": nope}"#)
      #expect(answer.status == 400)
      #expect(try answer.errorMessage?.hasPrefix("the body is not valid JSON: ") == true)
    }
  }

  @Test("without a default model a request that matches nothing fails, with its signals")
  func failed() async throws {
    let document = TestServer.document.replacing("    default_model: llama\n", with: "")
    try await TestServer.run(document, classifier: FixedClassifier(.success([.health: 0.8]))) { test in
      let answer = try await test.post("/api/v1/eval", #"{"text":"x"}"#)
      #expect(answer.status == 200)
      #expect(try answer.json["selection_status"] as? String == "failed")
      #expect(try answer.json["signal_values"] as? [String: Double] == ["domain:math": 0, "domain:law": 0])
    }
  }

  @Test("an intent is the domain with its confidence and decision")
  func intent() async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/api/v1/classify/intent", #"{"text":"What is the derivative of x^3?"}"#)
      #expect(answer.status == 200)
      #expect(
        answer.body == #"{"classification":{"category":"math","confidence":0.93,"processing_time_ms":0},"#
          + #""recommended_model":"llama","routing_decision":"math_decision","#
          + #""matched_signals":{"domains":["math"]},"#
          + #""decision_result":{"decision_name":"math_decision","confidence":0.93,"matched_rules":["domain:math"]},"#
          + #""signal_errors":{}}"#)
    }
  }

  @Test("probabilities come when they are asked for, and a threshold sends the unsure to the fallback category")
  func intentOptions() async throws {
    try await TestServer.run { test in
      let json = try await test.post(
        "/api/v1/classify/intent",
        #"{"text":"x","options":{"return_probabilities":true,"confidence_threshold":0.95}}"#
      ).json
      let classification = try #require(json["classification"] as? NSDictionary)
      #expect(classification["category"] as? String == "other")
      #expect(classification["confidence"] as? Double == 0.05)
      let probabilities = try #require(json["probabilities"] as? [String: Double])
      #expect(probabilities.count == 14)
      #expect(probabilities["math"] == 0.93)
    }
  }

  @Test("a classifier that fails is a 503, never a guess")
  func failedClassifier() async throws {
    let classifier = FixedClassifier(.failure(ClassifierError("the model file is gone")))
    try await TestServer.run(classifier: classifier) { test in
      let answer = try await test.post("/api/v1/classify/intent", #"{"text":"x"}"#)
      #expect(answer.status == 503)
      #expect(try answer.errorCode == "CLASSIFICATION_ERROR")
      #expect(try answer.errorMessage == "the classifier fixed failed: the model file is gone")
    }
  }

  @Test("messages without text have no intent")
  func noText() async throws {
    try await TestServer.run { test in
      let answer = try await test.post("/api/v1/classify/intent", #"{"messages":[]}"#)
      #expect(answer.status == 400)
      #expect(try answer.errorMessage == "the messages hold no text to classify")
    }
  }
}
