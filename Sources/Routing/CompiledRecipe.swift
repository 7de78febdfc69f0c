import RouterConfig

/// A recipe ready to route by. Immutable; safe from any thread.
public final class CompiledRecipe: Sendable {
  public let name: String
  public let profile: RoutingProfile
  public let engine: DecisionEngine
  /// By decision; nil where a decision names no model and there is no default.
  let targets: [DecisionTarget?]
  /// For requests that no decision matches; nil when there is no default model.
  let defaultTarget: DecisionTarget?

  init(name: String, profile: RoutingProfile, document: RouterDocument) {
    self.name = name
    self.profile = profile
    engine = DecisionEngine(
      decisions: profile.decisions, signals: profile.signals, strategy: profile.strategy ?? document.global.strategy)
    let models = ModelChoices(document)
    func target(_ index: Int, _ decision: Decision) -> DecisionTarget? {
      guard let ref = decision.modelRefs.first else {
        if decision.fastResponse != nil {
          return DecisionTarget(
            recipe: name, decision: (index, decision), model: "", adapter: nil, chosen: nil, reasoning: nil,
            effort: ReasoningControl.defaultEffort, notes: [])
        }
        return models.defaultModel.map {
          DecisionTarget(
            recipe: name, decision: (index, decision), model: $0.model, adapter: $0.adapter, chosen: nil,
            reasoning: nil, effort: ReasoningControl.defaultEffort,
            notes: ["decision \(decision.name) names no model; the default model answers"])
        }
      }
      let reasoning = models.reasoning[ref.model]
      let effort = reasoning == nil ? nil : ref.reasoningEffort ?? document.providers.defaultReasoningEffort
      let isUnknown = decision.algorithm != "static" && decision.modelRefs.count > 1
      return DecisionTarget(
        recipe: name, decision: (index, decision), model: ref.model, adapter: ref.loraName, chosen: ref,
        reasoning: reasoning, effort: effort ?? ReasoningControl.defaultEffort,
        notes: isUnknown
          ? ["algorithm \(decision.algorithm) is not acted on by this version; the first candidate was taken"] : [])
    }
    targets = profile.decisions.enumerated().map { target($0, $1) }
    defaultTarget = models.defaultModel.map {
      DecisionTarget(
        recipe: name, decision: nil, model: $0.model, adapter: $0.adapter, chosen: nil, reasoning: nil,
        effort: ReasoningControl.defaultEffort, notes: ["no decision matches; the default model answers"])
    }
  }
}

/// What a document says of the models that decisions name.
private struct ModelChoices {
  /// By model.
  private(set) var reasoning: [String: ReasoningControl] = [:]
  private(set) var defaultModel: (model: String, adapter: String?)?

  init(_ document: RouterDocument) {
    for model in document.providers.models {
      guard let name = model.reasoningFamily, let family = document.providers.reasoningFamilies[name] else { continue }
      reasoning[model.name] = ReasoningControl(family: family, dialect: ReasoningDialect(model: model))
    }
    guard let name = document.providers.defaultModel else { return }
    let base = document.routing.modelCards.first { $0.loras.contains { $0.name == name } }
    defaultModel = base.map { ($0.name, name) } ?? (name, nil)
  }
}
