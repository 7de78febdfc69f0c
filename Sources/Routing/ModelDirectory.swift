import Fleet
import RouterConfig

/// What each model name that a client may send means.
///
/// Virtual names enter a recipe; the names of models and adapters pass through unrouted; nothing else is served.
public struct ModelDirectory: Sendable {
  public enum Entry: Sendable, Equatable {
    /// A recipe, by its index in ``Router/recipes``.
    case virtual(recipe: Int)
    /// A model, or an adapter that a model's replicas serve under its own name.
    case model(base: String, adapter: String?)
  }

  private let entries: [String: Entry]
  /// Virtual names in the order of the document: automatic ones first, then entrypoints.
  public let virtualNames: [String]
  /// Models and then their adapters, in the order of the document.
  public let modelNames: [String]

  public init(document: RouterDocument, fleet: FleetSnapshot) {
    var entries: [String: Entry] = [:]
    var models: [String] = []
    func add(_ name: String, _ entry: Entry) {
      guard entries[name] == nil else { return }
      entries[name] = entry
      models.append(name)
    }
    for model in document.providers.models { add(model.name, .model(base: model.name, adapter: nil)) }
    for card in document.routing.modelCards { add(card.name, .model(base: card.name, adapter: nil)) }
    for model in fleet.models { add(model.name, .model(base: model.name, adapter: nil)) }
    for card in document.routing.modelCards {
      for adapter in card.loras { add(adapter.name, .model(base: card.name, adapter: adapter.name)) }
    }
    for model in fleet.models {
      for adapter in model.adapters { add(adapter, .model(base: model.name, adapter: adapter)) }
    }
    var virtual: [String] = []
    for name in document.global.autoModelNames where !virtual.contains(name) {
      entries[name] = .virtual(recipe: 0)
      virtual.append(name)
    }
    for entrypoint in document.entrypoints {
      guard let recipe = Self.recipeIndex(named: entrypoint.recipe, in: document) else { continue }
      for name in entrypoint.modelNames where !virtual.contains(name) {
        entries[name] = .virtual(recipe: recipe)
        virtual.append(name)
      }
    }
    self.entries = entries
    virtualNames = virtual
    modelNames = models.filter { !virtual.contains($0) }
  }

  public func entry(for name: String) -> Entry? { entries[name] }

  /// `default` is the top-level `routing` block; named recipes follow in the order of the document.
  static func recipeIndex(named name: String, in document: RouterDocument) -> Int? {
    if let index = document.recipes.firstIndex(where: { $0.name == name }) { return index + 1 }
    return name == "default" ? 0 : nil
  }
}
