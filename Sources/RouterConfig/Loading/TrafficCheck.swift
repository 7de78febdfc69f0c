/// Warns of models that a sound document names and that no request can reach: without a backend, with backends that
/// take no traffic, or with backends that this version cannot speak to.
///
/// A document with errors is not looked at, for any of them may be why a backend seems to be missing.
struct TrafficCheck {
  /// Most backends that one warning names.
  private static let namesShown = 3

  private(set) var log: ProblemLog
  private let document: RouterDocument

  init(log: ProblemLog, document: RouterDocument) {
    self.log = log
    self.document = document
  }

  mutating func check() {
    guard log.errors.isEmpty else { return }
    checkTLS()
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
    if model.backends.contains(where: { $0.weight > 0 && !$0.usesTLS }) { return nil }
    if model.backends.isEmpty { return "list its replicas under backend_refs" }
    return model.backends.allSatisfy(\.usesTLS) ? "give it one that speaks http" : "give one of them a weight above 0"
  }

  /// One warning for all backends that ask for TLS, at the first.
  private mutating func checkTLS() {
    var names: [String] = []
    var first: DocumentPath?
    for (modelIndex, model) in document.providers.models.enumerated() {
      for (index, backend) in model.backends.enumerated() where backend.usesTLS {
        names.append(ProblemLog.quoted(backend.name))
        guard first == nil else { continue }
        let path = Self.models + .index(modelIndex) + .key("backend_refs") + .index(index)
        let isByProtocol = log.root.nearest(to: path)["protocol"]?.text?.lowercased() == "https"
        first = path + .key(isByProtocol ? "protocol" : "base_url")
      }
    }
    guard let first else { return }
    var shown = Array(names.prefix(Self.namesShown))
    if names.count > shown.count { shown.append("\(names.count - shown.count) more") }
    let subject = "\(names.count == 1 ? "backend" : "backends") \(ProblemLog.listed(shown, "and"))"
    log.warning(
      first,
      .statement(
        names.count == 1
          ? "\(subject) asks for https, which this version does not speak yet: it takes no traffic"
          : "\(subject) ask for https, which this version does not speak yet: they take no traffic"),
      suggestion: "reach \(names.count == 1 ? "it" : "them") over http, through a proxy that speaks TLS if need be")
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
