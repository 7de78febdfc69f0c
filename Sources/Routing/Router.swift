import RouterConfig
import Signals

/// A configuration ready to route by: recipes compiled, families resolved. Immutable; safe from any thread.
public struct Router: Sendable {
  public let document: RouterDocument
  /// The default recipe first, then the named ones in the order of the document.
  public let recipes: [CompiledRecipe]

  public init(document: RouterDocument) {
    self.document = document
    recipes =
      [CompiledRecipe(name: "default", profile: document.routing, document: document)]
      + document.recipes.map { CompiledRecipe(name: $0.name, profile: $0.routing, document: document) }
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
      guard let target = recipe.defaultTarget else { throw .noDefaultModel }
      return Selection(target)
    case .decided(let decision, let confidence):
      guard let target = recipe.targets[decision] else { throw .noDefaultModel }
      return Selection(
        target, confidence: confidence, matchedRules: recipe.engine.matchedRules(of: decision, readings))
    }
  }
}
