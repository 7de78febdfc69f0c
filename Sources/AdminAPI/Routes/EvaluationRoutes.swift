import ChatProtocols
import Explanation
import Pipeline
import Reading

/// Evaluation of requests without dispatch.
enum EvaluationRoutes {
  static let routes = [
    AdminRoute(
      method: "POST", path: "/api/v1/eval",
      summary: "How a request would be routed, every signal evaluated; ?trace=true adds the rule trees",
      place: .readingThread, respond: evaluate),
    AdminRoute(
      method: "POST", path: "/api/v1/classify/intent", summary: "The domain of a text, and the decision it leads to",
      place: .readingThread, respond: classifyIntent),
  ]

  private static func evaluate(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let snapshot = context.snapshot()
    let input = try EvaluationRequest(request.body, defaultModel: snapshot.directory.virtualNames.first)
    var explanation = try explain(input, request, snapshot, context)
    explanation.notes = input.notes + explanation.notes
    return .json(
      explanation.evalJSON(includesTrace: input.includesTrace || isTrue(request.queryItem("trace"))))
  }

  /// The fields of the request's head count as those of the request that is evaluated.
  ///
  /// Refusals of the request become errors; that no model can be chosen for it is a result.
  private static func explain(
    _ input: EvaluationRequest, _ request: AdminRequest, _ snapshot: RoutingSnapshot, _ context: AdminContext
  ) throws(AdminError) -> RouteExplanation {
    let explanation = RouteExplanation.explain(
      input.body, endpoint: input.endpoint, fields: request.fields, snapshot: snapshot, pipeline: context.pipeline,
      now: context.clock())
    guard let refusal = explanation.refusal, explanation.recipe == nil else { return explanation }
    guard refusal.code == "model_not_found" else { throw .invalidInput(refusal.message) }
    throw .invalidModel(([refusal.message] + explanation.notes).joined(separator: "; "))
  }

  private static func isTrue(_ value: String?) -> Bool { value == "true" || value == "1" }

  // MARK: Intent

  private static func classifyIntent(
    _ request: AdminRequest, _ context: AdminContext
  ) throws(AdminError) -> AdminResponse {
    let snapshot = context.snapshot()
    let input = try EvaluationRequest(request.body, defaultModel: snapshot.directory.virtualNames.first)
    let explanation = try explain(input, request, snapshot, context)
    guard !explanation.evaluationText.isEmpty else { throw .invalidInput("the messages hold no text to classify") }
    let classifier = snapshot.models.domain
    let start = context.clock()
    let text = Array(explanation.evaluationText.utf8)
    let encoding = classifier.wantsEncoding ? snapshot.models.encoder?.readNow(text) ?? .absent : .absent
    let result = classifier.classify(text, encoding)
    let end = context.clock()
    let probabilities: [Double]
    switch result {
    case .success(let classification) where classification.probabilities.count == classifier.labels.count:
      probabilities = classification.probabilities.map(Double.init)
    case .failure(let error): throw .classification("the classifier \(classifier.name) failed: \(error)")
    default: throw .classification("the classifier \(classifier.name) gave no probabilities")
    }
    let settings = snapshot.router.document.global
    let category = category(
      probabilities, labels: classifier.labels, threshold: input.confidenceThreshold ?? settings.domainThreshold,
      fallback: settings.fallbackCategory)
    var members: [(key: String, value: JSONNode)] = [
      (
        "classification",
        .object([
          ("category", .string(category.name)),
          ("confidence", .number(category.confidence)),
          ("processing_time_ms", .integer(Int((end > start ? end - start : 0) / 1_000_000))),
        ])
      )
    ]
    if input.returnsProbabilities {
      members.append(("probabilities", .object(zip(classifier.labels, probabilities).map { ($0, .number($1)) })))
    }
    members += [
      ("recommended_model", .string(explanation.recommendedModels.first ?? "")),
      ("routing_decision", .string(explanation.choice?.decision ?? "")),
      ("matched_signals", explanation.signalNames { $0.reading?.isMatched == true }),
      ("decision_result", decisionResult(explanation)),
      ("signal_errors", explanation.signalErrors),
    ]
    return .json(.object(members))
  }

  /// The likeliest label, or the fallback category with its own probability while no label reaches the threshold.
  private static func category(
    _ probabilities: [Double], labels: [String], threshold: Double, fallback: String
  ) -> (name: String, confidence: Double) {
    let best = TextClassification(probabilities: probabilities.map(Float.init)).best
    guard labels.indices.contains(best), probabilities[best] < threshold else {
      return labels.indices.contains(best) ? (labels[best], probabilities[best]) : (fallback, 0)
    }
    return (fallback, labels.firstIndex(of: fallback).map { probabilities[$0] } ?? 0)
  }

  private static func decisionResult(_ explanation: RouteExplanation) -> JSONNode {
    guard let choice = explanation.choice, let decision = choice.decision else { return .null }
    return .object([
      ("decision_name", .string(decision)),
      ("confidence", .number(choice.confidence)),
      ("matched_rules", .strings(choice.matchedRules.map(\.description))),
    ])
  }
}
