import Fleet
import RouterConfig
import Signals

/// A configuration ready to route by: recipes compiled, families resolved. Immutable; safe from any thread.
public struct Router: Sendable {
  public struct CompiledRecipe: Sendable {
    public let name: String
    public let profile: RoutingProfile
    public let engine: DecisionEngine
    /// The families that its rules read, cheapest first.
    public let families: [SignalFamily]
  }

  public let document: RouterDocument
  /// The default recipe first, then the named ones in the order of the document.
  public let recipes: [CompiledRecipe]
  private let reasoning: [String: ReasoningControl]
  private let adapterBases: [String: String]

  public init(document: RouterDocument) {
    self.document = document
    func compile(_ name: String, _ profile: RoutingProfile) -> CompiledRecipe {
      let engine = DecisionEngine(
        decisions: profile.decisions, signals: profile.signals,
        strategy: profile.strategy ?? document.global.strategy)
      return CompiledRecipe(name: name, profile: profile, engine: engine, families: engine.families)
    }
    recipes =
      [compile("default", document.routing)]
      + document.recipes.map { compile($0.name, $0.routing) }
    var reasoning: [String: ReasoningControl] = [:]
    for model in document.providers.models {
      guard let name = model.reasoningFamily, let family = document.providers.reasoningFamilies[name] else { continue }
      reasoning[model.name] = ReasoningControl(family: family, dialect: ReasoningDialect(model: model))
    }
    self.reasoning = reasoning
    var adapterBases: [String: String] = [:]
    for card in document.routing.modelCards {
      for adapter in card.loras where adapterBases[adapter.name] == nil { adapterBases[adapter.name] = card.name }
    }
    self.adapterBases = adapterBases
  }

  /// Turns a verdict into what to do: decision, model, reasoning, system prompt.
  ///
  /// - Precondition: `verdict` is not ``DecisionEngine/Verdict/needs(_:)``.
  /// - Throws: ``RoutingError/noDefaultModel`` when no decision gives a model and the document names no default.
  public func select(
    recipe index: Int, verdict: DecisionEngine.Verdict, readings: SignalReadings
  ) throws(RoutingError) -> Selection {
    let recipe = recipes[index]
    switch verdict {
    case .needs: preconditionFailure("a selection needs a final verdict")
    case .noMatch:
      return try defaultSelection(recipe: recipe.name, note: "no decision matches; the default model answers")
    case .decided(let decisionIndex, let confidence):
      let decision = recipe.profile.decisions[decisionIndex]
      let matched = recipe.engine.matchedRules(of: decisionIndex, readings)
      guard let ref = decision.modelRefs.first else {
        var selection = try defaultSelection(
          recipe: recipe.name, note: "decision \(decision.name) names no model; the default model answers")
        selection.decide(decision, index: decisionIndex, confidence: confidence, matched: matched)
        return selection
      }
      var selection = Selection(recipe: recipe.name, model: ref.model, adapter: ref.loraName)
      selection.decide(decision, index: decisionIndex, confidence: confidence, matched: matched)
      selection.usesReasoning = ref.useReasoning
      if decision.algorithm != "static", decision.modelRefs.count > 1 {
        selection.notes.append(
          "algorithm \(decision.algorithm) is not acted on by this version; the first candidate was taken")
      }
      if let control = reasoning[ref.model] {
        selection.reasoning = control
        selection.effort =
          ref.reasoningEffort ?? document.providers.defaultReasoningEffort ?? ReasoningControl.defaultEffort
      }
      return selection
    }
  }

  private func defaultSelection(recipe: String, note: String) throws(RoutingError) -> Selection {
    guard let model = document.providers.defaultModel else { throw .noDefaultModel }
    var selection =
      if let base = adapterBases[model] {
        Selection(recipe: recipe, model: base, adapter: model)
      } else {
        Selection(recipe: recipe, model: model, adapter: nil)
      }
    selection.notes.append(note)
    return selection
  }
}

/// Why a request cannot be routed. Each is the client's 400.
public enum RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
  case modelNotAvailable(String)
  case noDefaultModel

  public var description: String {
    switch self {
    case .modelNotAvailable(let name): "model \"\(name)\" is not available"
    case .noDefaultModel: "unable to route request: no model selected and no default model configured"
    }
  }
}
