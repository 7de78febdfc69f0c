/// Warns of models that a sound document names and that no request can reach: without a backend, or with backends that
/// take no traffic.
///
/// A document with errors is not looked at, for any of them may be why a backend seems to be missing.
struct TrafficCheck {
  private(set) var log: ProblemLog
  private let document: RouterDocument

  init(log: ProblemLog, document: RouterDocument) {
    self.log = log
    self.document = document
  }

  mutating func check() {
    guard log.errors.isEmpty else { return }
    for (index, model) in document.providers.models.enumerated() {
      guard let wayOut = Self.wayOut(for: model) else { continue }
      log.warning(
        Self.models + .index(index),
        .predicate("has no backend that takes traffic, so requests for it are answered 503"), suggestion: wayOut)
    }
    checkCards()
  }

  private static let models = DocumentPath([.key("providers"), .key("models")])

  /// What gives a model a backend that takes traffic; nil when it has one.
  private static func wayOut(for model: ProviderModel) -> String? {
    if model.backends.contains(where: { $0.weight > 0 }) { return nil }
    return model.backends.isEmpty ? "list its replicas under backend_refs" : "give one of them a weight above 0"
  }

  /// Model cards of no provider's model are harmless until something sends requests there.
  private mutating func checkCards() {
    let provided = Set(document.providers.models.map(\.name))
    var users: [String: String] = [:]
    for profile in [document.routing] + document.recipes.map(\.routing) {
      for decision in profile.decisions {
        for reference in decision.modelRefs where users[reference.model] == nil {
          users[reference.model] = "decision \(ProblemLog.quoted(decision.name))"
        }
      }
    }
    for (index, card) in document.routing.modelCards.enumerated() where !provided.contains(card.name) {
      let isDefault =
        document.providers.defaultModel.map { name in
          name == card.name || card.loras.contains { $0.name == name }
        } ?? false
      guard let user = users[card.name] ?? (isDefault ? "providers.defaults.default_model" : nil) else { continue }
      log.warning(
        DocumentPath([.key("routing"), .key("modelCards"), .index(index)]),
        .statement(
          "model \(ProblemLog.quoted(card.name)), which \(user) names, has no backend that takes traffic, so requests "
            + "for it are answered 503"),
        suggestion: "declare it under providers.models with its backend_refs")
    }
  }
}
