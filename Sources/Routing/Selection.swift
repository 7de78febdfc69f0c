import RouterConfig

/// What a decision comes to: the model that answers and how it is asked.
public struct Selection: Sendable {
  public var recipe: String
  public var decision: String?
  /// The decision's place in the document.
  public var decisionIndex: Int?
  public var confidence: Double
  public var matchedRules: [MatchedRule]
  /// The first domain among the matched rules.
  public var category: String?
  /// The base model, whose replicas answer.
  public var model: String
  /// The adapter asked for instead of the base model.
  public var adapter: String?
  /// What the decision says about reasoning; nil when no decision with a model was taken.
  public var usesReasoning: Bool?
  /// How the model is told; nil when it has no reasoning family: then the body is left alone.
  public var reasoning: ReasoningControl?
  public var effort: String
  public var systemPrompt: SystemPromptPlugin?
  /// How the model was chosen among the decision's candidates.
  public var algorithm: String
  /// Fallbacks taken and settings not acted on, as sentences.
  public var notes: [String]

  init(recipe: String, model: String, adapter: String?) {
    self.recipe = recipe
    self.model = model
    self.adapter = adapter
    confidence = 0
    matchedRules = []
    effort = ReasoningControl.defaultEffort
    algorithm = "static"
    notes = []
  }

  /// The name that clients know: the adapter's if one was chosen.
  public var publicModel: String { adapter ?? model }

  mutating func decide(_ decision: Decision, index: Int, confidence: Double, matched: [MatchedRule]) {
    self.decision = decision.name
    decisionIndex = index
    self.confidence = confidence
    matchedRules = matched
    category = matched.first { $0.type == "domain" }?.name
    for case .systemPrompt(let plugin) in decision.plugins where plugin.isEnabled && !plugin.prompt.isEmpty {
      systemPrompt = plugin
    }
  }
}
