import Fleet
import Foundation
import Reading
import RouterConfig
import Testing

@testable import Explanation

@Suite struct EvaluationTests {
  static func json(_ explanation: RouteExplanation, trace: Bool = false) throws -> NSDictionary {
    let bytes = explanation.evalJSON(includesTrace: trace).bytes
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
  }

  @Test("the guide's request has the semantic router's keys and our own")
  func guide() throws {
    let json = try Self.json(Fixture.explain())
    #expect(
      Set(json.allKeys.compactMap { $0 as? String }) == [
        "original_text", "requested_model", "recipe", "decision_result", "recommended_models", "selected_model",
        "selection_status", "selection_method", "selection_reason", "routing_decision", "metrics",
        "fast_response", "signal_confidences", "signal_values", "signal_errors", "edits", "balancing", "pair",
        "candidates",
        "headers",
        "notes",
      ])
    #expect(json["original_text"] as? String == "What is the derivative of f(x) = x^3?")
    #expect(json["requested_model"] as? String == "MoM")
    #expect(json["recipe"] as? String == "default")
    #expect(json["recommended_models"] as? [String] == ["vllm-llama3-8b-instruct"])
    #expect(json["selected_model"] as? String == "vllm-llama3-8b-instruct")
    #expect(json["selection_status"] as? String == "selected")
    #expect(json["selection_method"] as? String == "static")
    #expect(json["selection_reason"] as? String == "it alone of 3 decisions matches")
    #expect(json["routing_decision"] as? String == "math_decision")
    #expect(json["signal_confidences"] as? [String: Double] == ["keyword:spare": 1, "domain:math": 0.93])
    #expect(json["signal_values"] as? [String: Double] == ["domain:math": 0.93, "domain:law": 0.02])
    #expect(json["signal_errors"] as? [String: String] == [:])
    #expect(json["notes"] as? [String] == [])
    #expect(
      json["decision_result"] as? NSDictionary == [
        "decision_name": "math_decision", "algorithm": "static", "plugins": ["system_prompt"],
        "used_signals": ["domains": ["math"]],
        "matched_signals": ["keywords": ["spare"], "domains": ["math"]],
        "unmatched_signals": ["keywords": ["thinking"], "domains": ["law"]],
      ])
    #expect(
      json["metrics"] as? NSDictionary == [
        "keywords": ["execution_time_ms": 0.0015, "confidence": 1, "from_cache": false],
        "domains": ["execution_time_ms": 0.0015, "confidence": 0.93, "from_cache": false],
      ])
    let edits = try #require(json["edits"] as? [NSDictionary])
    #expect(edits.map { $0["member"] as? String } == ["model", "messages", "chat_template_kwargs"])
    #expect(
      edits[0] == [
        "member": "model", "offset": 10, "removed": "\"MoM\"", "removed_bytes": 5,
        "added": "\"vllm-llama3-8b-instruct\"", "added_bytes": 25, "before": "{\"model\": ",
        "after": ", \"messages\": [{\"role\": …",
      ])
    #expect(
      (json["candidates"] as? [NSDictionary])?.first == [
        "replica": "vllm-llama3-8b-instruct_replica-1", "address": "127.0.0.1:8001", "eligible": true, "score": 1,
        "in_flight": 0, "weight": 1, "reason": NSNull(),
      ])
    #expect(
      json["balancing"] as? NSDictionary == [
        "strategy": "least-ttft", "decided_by": "least-ttft", "shortfall": NSNull(), "reason": NSNull(),
        "profile": NSNull(), "filter": NSNull(),
      ])
  }

  @Test("fields of the head count: the strategy, the debug headers, no processing")
  func fields() throws {
    func json(_ name: String, _ value: String, document: String = Fixture.document) throws -> NSDictionary {
      try Self.json(Fixture.explain(document: document, fields: [HeaderField(name: name, value: value)]))
    }
    #expect(
      try json("routing-strategy", "least-kv-cache")["balancing"] as? NSDictionary == [
        "strategy": "least-kv-cache", "decided_by": "least-request", "shortfall": "metric_unknown",
        "reason": "no engine tells the figure that this strategy goes by, or what it told is too old, "
          + "so least-request decides", "profile": NSNull(), "filter": NSNull(),
      ])
    let unknown = try json("routing-strategy", "least-requets")
    #expect(unknown["selection_status"] as? String == "failed")
    #expect((unknown["selection_reason"] as? String)?.contains("did you mean least-request?") == true)
    #expect((unknown["candidates"] as? [Any])?.isEmpty == true && unknown["balancing"] is NSNull)
    let debug = try json("x-vsr-debug", "true")["headers"] as? [String: String]
    #expect(debug?["x-vsr-matched-domains"] == "math")
    let skipping = Fixture.document + "\nglobal: {router: {skip_processing: {enabled: true}}}\n"
    let skipped = try json("x-vsr-skip-processing", "true", document: skipping)
    #expect(skipped["selection_method"] as? String == "pass_through")
    #expect(skipped["routing_decision"] as? String == "")
  }

  @Test("a configured strategy holds, and scores go by it")
  func configuredStrategy() throws {
    let document = Fixture.document.replacing(
      "  defaults:\n", with: "  defaults:\n    balancing: {locked_strategy: least-request}\n")
    let snapshot = try Fixture.snapshot(document)
    let placements = try #require(snapshot.fleet.model(named: "vllm-llama3-8b-instruct")).placements
    #expect(placements[0].replica.load.begin(ifInFlight: 0))
    let explanation = RouteExplanation.explain(
      Array(Fixture.guide.utf8), fields: [HeaderField(name: "routing-strategy", value: "random")], snapshot: snapshot,
      pipeline: Fixture.pipeline(), now: 0)
    #expect(explanation.balancing?.strategy == "least-request" && explanation.balancing?.reason == nil)
    #expect(explanation.candidates.map(\.score) == [0, 1])
    #expect(placements.map(\.replica.load.total) == [1, 0])
  }

  @Test("a filter leaves the replicas that it takes; one that leaves none, and one that is none, are told")
  func filter() throws {
    let document = Fixture.document.replacing(
      "endpoint: \"127.0.0.1:8001\"", with: "endpoint: \"127.0.0.1:8001\", labels: {zone: a}")
    func json(_ selector: String, strategy: String = "random") throws -> NSDictionary {
      try Self.json(
        Fixture.explain(
          document: document,
          fields: [
            HeaderField(name: "routing-strategy", value: strategy),
            HeaderField(name: "external-filter", value: selector),
          ]))
    }
    let one = try json("zone=a")
    #expect(
      (one["balancing"] as? NSDictionary)?["filter"] as? NSDictionary == [
        "selector": "zone=a", "replicas_left": 1, "replicas": 2,
      ])
    #expect((one["candidates"] as? [Any])?.count == 1)
    let none = try json("zone=b")
    #expect(none["selection_status"] as? String == "unavailable")
    #expect((none["notes"] as? [String])?.contains { $0.contains("leaves none of the 2 replicas") } == true)
    let bad = try json("zone in (a")
    #expect(bad["selection_status"] as? String == "failed")
    #expect((bad["selection_reason"] as? String)?.contains("at byte 11") == true)
    // Without a strategy there is nothing to filter for.
    let without = try json("zone=b", strategy: "")
    #expect((without["candidates"] as? [Any])?.count == 2)
  }

  @Test("the trace holds every decision's tree")
  func trace() throws {
    let json = try Self.json(Fixture.explain(), trace: true)
    let trace = try #require(json["eval_trace"] as? [NSDictionary])
    #expect(trace.map { $0["decision_name"] as? String } == ["math_decision", "law_decision", "thinking_decision"])
    #expect(
      trace[2]["root_trace"] as? NSDictionary == [
        "node_type": "AND", "matched": false, "result": "unmatched", "confidence": 0,
        "children": [
          [
            "node_type": "leaf", "signal_type": "keyword", "signal_name": "thinking", "matched": false,
            "result": "unmatched", "confidence": 0,
          ],
          [
            "node_type": "NOT", "matched": true, "result": "matched", "confidence": 1,
            "children": [
              [
                "node_type": "leaf", "signal_type": "domain", "signal_name": "law", "matched": false,
                "result": "unmatched", "confidence": 0,
              ]
            ],
          ],
        ],
      ])
  }

  @Test("no matching decision is a fallback, and used signals are those of all decisions")
  func fallback() throws {
    let json = try Self.json(Fixture.explain(classifier: FixedClassifier([.other: 0.9])))
    #expect(json["selection_status"] as? String == "fallback")
    #expect(json["selection_method"] as? String == "default_model")
    #expect(json["selected_model"] as? String == "vllm-llama3-8b-instruct")
    #expect(json["routing_decision"] as? String == "")
    #expect(json["notes"] as? [String] == ["no decision matches; the default model answers"])
    let result = try #require(json["decision_result"] as? NSDictionary)
    #expect(result["used_signals"] as? NSDictionary == ["domains": ["math", "law"], "keywords": ["thinking"]])
    #expect(result["algorithm"] is NSNull)
  }

  @Test("failed signals are errors, neither matched nor unmatched")
  func failures() throws {
    let json = try Self.json(
      Fixture.explain(classifier: FixedClassifier([:], failure: ClassifierError("the model file is gone"))))
    #expect(
      json["signal_errors"] as? [String: String] == [
        "domain:math": "the model file is gone", "domain:law": "the model file is gone",
      ])
    let result = try #require(json["decision_result"] as? NSDictionary)
    #expect(result["matched_signals"] as? NSDictionary == ["keywords": ["spare"]])
    #expect(result["unmatched_signals"] as? NSDictionary == ["keywords": ["thinking"]])
  }

  @Test("a model named by the client passes through")
  func passThrough() throws {
    let json = try Self.json(Fixture.explain(Fixture.guide.replacing("MoM", with: "vllm-llama3-8b-instruct")))
    #expect(json["recipe"] is NSNull)
    #expect(json["decision_result"] is NSNull)
    #expect(json["selection_status"] as? String == "selected")
    #expect(json["selection_method"] as? String == "pass_through")
    #expect((json["edits"] as? [Any])?.isEmpty == true)
  }

  @Test("a model that runs nowhere is unavailable, a missing one failed")
  func unavailable() throws {
    #expect(try Fixture.explain(Fixture.guide.replacing("MoM", with: "idle-model")).selectionStatus == .unavailable)
    let missing = try Self.json(Fixture.explain(Fixture.guide.replacing("MoM", with: "nope")))
    #expect(missing["selection_status"] as? String == "failed")
    #expect(missing["selected_model"] is NSNull)
    #expect(missing["selection_reason"] as? String == "model \"nope\" is not available")
  }

  @Test("a body that is no JSON is refused with the fault's place")
  func malformed() throws {
    let json = try Self.json(Fixture.explain("{\"model\": \"MoM\", ]"))
    #expect(json["requested_model"] is NSNull)
    #expect((json["selection_reason"] as? String)?.hasPrefix("malformed JSON body: ") == true)
  }

  @Test("readings from the cache cost nothing and say so")
  func cached() throws {
    let pipeline = Fixture.pipeline(cache: ReadingCache(seed: 1))
    let snapshot = try Fixture.snapshot()
    let body = Array(Fixture.guide.utf8)
    _ = RouteExplanation.explain(body, snapshot: snapshot, pipeline: pipeline, now: 0)
    let again = RouteExplanation.explain(body, snapshot: snapshot, pipeline: pipeline, now: 0)
    #expect(again.families.map(\.source) == [.cache, .cache])
    #expect(again.text(colour: false, width: 100).contains("  ✗  keyword:thinking                     cached\n"))
  }

  @Test("a lazily read plan shows what nobody had to read")
  func lazy() throws {
    let body = Array(Fixture.guide.replacing("What", with: "Think: what").utf8)
    let document = Fixture.document
      .replacing("{type: domain, name: law, predicate: {gte: 0.25}}", with: "{type: keyword, name: spare}")
      .replacing("keywords: [derivative]", with: "keywords: [integral]")
    let snapshot = try Fixture.snapshot(document)
    let plan = try body.withUnsafeBytes {
      try Fixture.pipeline().plan(body: $0, endpoint: .chatCompletions, snapshot: snapshot)
    }
    let explanation = RouteExplanation(.success(plan), snapshot: snapshot, body: body, now: 0)
    #expect(explanation.families.map(\.source) == [.read(nanoseconds: 1500), .notRead])
    #expect(explanation.signals.map { $0.reading == nil } == [false, false, true, true])
  }
}
