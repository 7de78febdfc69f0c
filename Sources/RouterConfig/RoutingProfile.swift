/// A `routing` block: cards, signals, decisions.
public struct RoutingProfile: Sendable, Equatable {
  public var modelCards: [ModelCard]
  public var signals: SignalDeclarations
  public var decisions: [Decision]
  public var strategy: RoutingStrategy?

  public init(
    modelCards: [ModelCard] = [], signals: SignalDeclarations = SignalDeclarations(), decisions: [Decision] = [],
    strategy: RoutingStrategy? = nil
  ) {
    self.modelCards = modelCards
    self.signals = signals
    self.decisions = decisions
    self.strategy = strategy
  }
}

/// How one decision is chosen among several that match.
public enum RoutingStrategy: String, Sendable, CaseIterable {
  case priority, confidence
}

/// One `modelCards[]` entry: what a model is good for.
public struct ModelCard: Sendable, Equatable {
  public var name: String
  public var description: String
  public var contextWindowSize: Int?
  public var loras: [LoRACard]
  public var qualityScore: Double?

  public init(
    name: String, description: String = "", contextWindowSize: Int? = nil, loras: [LoRACard] = [],
    qualityScore: Double? = nil
  ) {
    self.name = name
    self.description = description
    self.contextWindowSize = contextWindowSize
    self.loras = loras
    self.qualityScore = qualityScore
  }
}

/// A LoRA adapter that its base model serves under a name of its own.
public struct LoRACard: Sendable, Equatable {
  public var name: String
  public var description: String
  public init(name: String, description: String = "") {
    self.name = name
    self.description = description
  }
}

/// One `decisions[]` entry.
public struct Decision: Sendable, Equatable {
  public var name: String
  public var description: String
  public var priority: Int
  /// 0 when the document sets none; positive tiers come before it, lowest first.
  public var tier: Int
  public var rules: RuleNode
  public var modelRefs: [ModelRef]
  /// `algorithm.type`; `static` when the document sets none.
  public var algorithm: String
  /// The plugins that this build acts on, in the order of the document.
  public var plugins: [DecisionPlugin]

  public init(
    name: String, description: String = "", priority: Int = 0, tier: Int = 0, rules: RuleNode = .always,
    modelRefs: [ModelRef] = [], algorithm: String = "static", plugins: [DecisionPlugin] = []
  ) {
    self.name = name
    self.description = description
    self.priority = priority
    self.tier = tier
    self.rules = rules
    self.modelRefs = modelRefs
    self.algorithm = algorithm
    self.plugins = plugins
  }
}

/// A candidate model of a decision.
public struct ModelRef: Sendable, Equatable {
  public var model: String
  /// An adapter of ``model``'s card; when set, requests go out under its name.
  public var loraName: String?
  public var weight: Double
  public var useReasoning: Bool
  public var reasoningEffort: String?

  public init(
    model: String, loraName: String? = nil, weight: Double = 1, useReasoning: Bool = false,
    reasoningEffort: String? = nil
  ) {
    self.model = model
    self.loraName = loraName
    self.weight = weight
    self.useReasoning = useReasoning
    self.reasoningEffort = reasoningEffort
  }
}

/// A node of a decision's rule tree.
public indirect enum RuleNode: Sendable, Equatable {
  /// Rules left out: matches every request, with confidence 0.
  case always
  case leaf(RuleLeaf)
  case and([RuleNode])
  case or([RuleNode])
  case not(RuleNode)
}

/// A reference to one declared signal rule.
public struct RuleLeaf: Sendable, Equatable {
  /// What a predicate leaf answers when its signal failed (`on_error`).
  public enum OnError: String, Sendable, CaseIterable {
    case match
    case noMatch = "no_match"
  }

  /// The rule type in lower case: `keyword`, `domain`, `language`, …
  public var type: String
  public var name: String
  public var label: String?
  public var predicate: NumericPredicate?
  public var onError: OnError?

  public init(
    type: String, name: String, label: String? = nil, predicate: NumericPredicate? = nil, onError: OnError? = nil
  ) {
    self.type = type
    self.name = name
    self.label = label
    self.predicate = predicate
    self.onError = onError
  }

  /// `type:name`, as traces and headers write it.
  public var key: String { "\(type):\(name)" }
}

/// Bounds on a number; every bound that is set must hold. NaN and infinities never do.
public struct NumericPredicate: Sendable, Equatable {
  public var gt: Double?
  public var gte: Double?
  public var lt: Double?
  public var lte: Double?

  public init(gt: Double? = nil, gte: Double? = nil, lt: Double? = nil, lte: Double? = nil) {
    self.gt = gt
    self.gte = gte
    self.lt = lt
    self.lte = lte
  }

  public func holds(for value: Double) -> Bool {
    guard value.isFinite else { return false }
    if let gt, !(value > gt) { return false }
    if let gte, !(value >= gte) { return false }
    if let lt, !(value < lt) { return false }
    if let lte, !(value <= lte) { return false }
    return true
  }
}

/// A plugin of a decision that this build acts on.
public enum DecisionPlugin: Sendable, Equatable {
  case systemPrompt(SystemPromptPlugin)
  case fastResponse(FastResponsePlugin)
}

/// `fast_response`: the router answers itself, without asking a model.
public struct FastResponsePlugin: Sendable, Equatable {
  public var isEnabled: Bool
  public var message: String

  public init(isEnabled: Bool = true, message: String) {
    self.isEnabled = isEnabled
    self.message = message
  }
}

/// `system_prompt`: puts a system message in front of the conversation, as the semantic router's plugin of that name.
public struct SystemPromptPlugin: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable { case replace, insert }
  public var isEnabled: Bool
  public var prompt: String
  public var mode: Mode

  public init(isEnabled: Bool = true, prompt: String, mode: Mode = .insert) {
    self.isEnabled = isEnabled
    self.prompt = prompt
    self.mode = mode
  }
}
