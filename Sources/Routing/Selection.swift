import JSONText
import RouterConfig

/// What a decision comes to: the model that answers and how it is asked.
public struct Selection: Sendable {
  /// What is the same for every request that comes to this.
  private let target: DecisionTarget
  public let confidence: Double
  public let matchedRules: [MatchedRule]
  /// What the decision says about reasoning; nil when no decision with a model was taken.
  public var usesReasoning: Bool?

  init(_ target: DecisionTarget, confidence: Double = 0, matchedRules: [MatchedRule] = []) {
    self.target = target
    self.confidence = confidence
    self.matchedRules = matchedRules
    usesReasoning = target.usesReasoning
  }

  public var recipe: String { target.recipe }
  public var decision: String? { target.decision }
  /// The decision's place in the document.
  public var decisionIndex: Int? { target.decisionIndex }
  /// The first domain among the matched rules.
  public var category: String? { matchedRules.first { $0.type == "domain" }?.name }
  /// The base model, whose replicas answer.
  public var model: String { target.model }
  /// The adapter asked for instead of the base model.
  public var adapter: String? { target.adapter }
  /// How the model is told; nil when it has no reasoning family: then the body is left alone.
  public var reasoning: ReasoningControl? { target.reasoning }
  public var effort: String { target.effort }
  public var systemPrompt: SystemPromptPlugin? { target.systemPrompt }
  /// The answer that the router gives itself, without asking a model.
  public var fastResponse: FastResponsePlugin? { target.fastResponse }
  /// How the model was chosen among the decision's candidates.
  public var algorithm: String { "static" }
  /// Fallbacks taken and settings not acted on, as sentences.
  public var notes: [String] { target.notes }

  /// The name that clients know: the adapter's if one was chosen.
  public var publicModel: String { adapter ?? model }

  /// Changes to the body that tell the model to reason or not; none when it is not told.
  ///
  /// - Parameter clientEffort: the client's own `reasoning_effort`, nil when it sent none.
  public func reasoningChanges(clientEffort: JSONFragment?) -> [ReasoningControl.Change] {
    guard let usesReasoning, let reasoning else { return [] }
    guard let clientEffort else { return target.reasoningChanges }
    return reasoning.changes(isOn: usesReasoning, effort: effort, clientEffort: clientEffort)
  }
}
