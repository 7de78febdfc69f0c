import Balancing
import ChatProtocols
import Fleet
import Pipeline
import Reading
import RouterConfig
import Synchronization

@testable import Explanation

/// A small document in the guide's manner, and requests under it.
enum Fixture {
  static let document = """
    version: v0.3
    providers:
      defaults:
        default_model: vllm-llama3-8b-instruct
        reasoning_families:
          qwen3: {type: chat_template_kwargs, parameter: enable_thinking}
      models:
        - name: vllm-llama3-8b-instruct
          reasoning_family: qwen3
          backend_refs:
            - {name: replica-1, endpoint: "127.0.0.1:8001"}
            - {name: replica-2, endpoint: "127.0.0.1:8002"}
        - name: idle-model
    routing:
      signals:
        keywords:
          - {name: thinking, operator: OR, keywords: [urgent, think]}
          - {name: spare, operator: OR, keywords: [derivative]}
        domains:
          - {name: math, mmlu_categories: [math]}
          - {name: law, mmlu_categories: [law]}
      decisions:
        - name: math_decision
          priority: 10
          rules: {operator: OR, conditions: [{type: domain, name: math}]}
          modelRefs: [{model: vllm-llama3-8b-instruct, use_reasoning: true}]
          plugins:
            - type: system_prompt
              configuration: {mode: replace, system_prompt: You are a mathematics expert.}
        - name: law_decision
          priority: 10
          rules: {operator: OR, conditions: [{type: domain, name: law}]}
          modelRefs: [{model: vllm-llama3-8b-instruct, use_reasoning: false}]
        - name: thinking_decision
          priority: 15
          rules:
            operator: AND
            conditions:
              - {type: keyword, name: thinking}
              - operator: NOT
                conditions: [{type: domain, name: law, predicate: {gte: 0.25}}]
          modelRefs: [{model: vllm-llama3-8b-instruct, use_reasoning: false}]
    """

  static let guide =
    #"{"model": "MoM", "messages": [{"role": "user", "content": "#
    + #""What is the derivative of f(x) = x^3?"}]}"#

  static let mathematical = FixedClassifier([.math: 0.93, .law: 0.02, .other: 0.05])

  static func snapshot(
    _ text: String = document, classifier: any TextClassifier = mathematical
  ) throws -> RoutingSnapshot {
    let document = try ConfigurationLoader(environment: [:]).load(Array(text.utf8), file: "test.yaml").document
    return try RoutingSnapshot(
      document: document, fleet: StaticFleet.build(document).fleet, models: ReadingModels(domain: classifier),
      balancers: BalancerDirectory(maximumBlocks: 1_000), generation: 1)
  }

  /// Every look at its clock takes 1 500 ns.
  static func pipeline(cache: ReadingCache? = nil) -> RoutePipeline {
    let time = Ticker()
    return RoutePipeline(cache: cache) { time.next() }
  }

  static func explain(
    _ body: String = guide, document text: String = document,
    classifier: any TextClassifier = mathematical, fields: [HeaderField] = []
  ) throws -> RouteExplanation {
    RouteExplanation.explain(
      Array(body.utf8), fields: fields, snapshot: try snapshot(text, classifier: classifier), pipeline: pipeline(),
      now: 0)
  }

  private final class Ticker: Sendable {
    private let time = Atomic<UInt64>(0)
    func next() -> UInt64 { time.add(1500, ordering: .relaxed).newValue }
  }
}

/// A classifier that always says the same.
struct FixedClassifier: TextClassifier {
  let name = "fixed"
  let labels = DomainLabel.allCases.map(\.rawValue)
  private let answer: Result<TextClassification, ClassifierError>

  init(_ probabilities: [DomainLabel: Float], failure: ClassifierError? = nil) {
    answer =
      failure.map { .failure($0) }
      ?? .success(TextClassification(probabilities: DomainLabel.allCases.map { probabilities[$0] ?? 0 }))
  }

  func classify(_ text: [UInt8], _ encoding: PromptEncoding) -> Result<TextClassification, ClassifierError> {
    answer
  }
}
