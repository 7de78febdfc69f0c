import EngineClient
import RouterConfig

/// A configuration made from what engines serve, for users who have none yet.
///
/// Every base model becomes a model with the engines that serve it as backends; the first is the default. An adapter
/// or model whose name says a subject (`math-expert`, `law`, `coder`) gets the prompts of that subject; the rest goes
/// to the default model.
public struct DefaultConfiguration: Sendable {
  public var document: RouterDocument
  /// What was decided, a sentence each.
  public var decisions: [String]

  /// - Returns: nil when no engine serves a model.
  public init?(findings: [EngineDiscovery.Finding], listener: Listener) {
    var order: [String] = []
    var backends: [String: [EngineAddress]] = [:]
    var adapters: [String: [String]] = [:]
    var context: [String: Int] = [:]
    for finding in findings {
      guard case .success(let models) = finding.models else { continue }
      for model in models.baseModels {
        if backends[model.id] == nil { order.append(model.id) }
        backends[model.id, default: []].append(finding.address)
        if let length = model.maximumLength { context[model.id] = length }
        for adapter in models.adapters(of: model.id) where !adapters[model.id, default: []].contains(adapter.id) {
          adapters[model.id, default: []].append(adapter.id)
        }
      }
    }
    guard let first = order.first else { return nil }

    var lines = order.map { name in
      let places = (backends[name] ?? []).map(\.description).joined(separator: ", ")
      let extra = adapters[name].map { ", adapters \($0.joined(separator: ", "))" } ?? ""
      return "model \(name) on \(places)\(extra)"
    }
    lines.append("MoM and auto route; \(first) answers whatever no rule takes")

    var document = RouterDocument(listeners: [listener])
    document.providers.defaultModel = first
    document.providers.models = order.map { name in
      let places = backends[name] ?? []
      return ProviderModel(
        name: name,
        backends: places.enumerated().map { index, place in
          BackendReference(
            name: places.count == 1 ? "\(name)_primary" : "\(name)_backend-\(index + 1)", host: place.host,
            port: place.port, usesTLS: place.usesTLS)
        })
    }
    document.routing.modelCards = order.map { name in
      ModelCard(
        name: name, contextWindowSize: context[name],
        loras: (adapters[name] ?? []).map { LoRACard(name: $0) })
    }

    var taken: Set<DomainLabel> = []
    func specialise(_ ref: ModelRef, named name: String) {
      let labels = Self.subjects(of: name).filter { !taken.contains($0) }
      guard !labels.isEmpty else { return }
      taken.formUnion(labels)
      for label in labels {
        let slug = label.rawValue.split(separator: " ").joined(separator: "_")
        document.routing.signals.domains.append(
          DomainRule(name: label.rawValue, description: "", labels: [label]))
        document.routing.decisions.append(
          Decision(
            name: "\(slug)_decision", description: "Prompts about \(label.rawValue)", priority: 10,
            rules: .leaf(RuleLeaf(type: "domain", name: label.rawValue)), modelRefs: [ref]))
      }
      lines.append("\(name) answers prompts about \(labels.map(\.rawValue).joined(separator: ", "))")
    }
    for name in order {
      for adapter in adapters[name] ?? [] { specialise(ModelRef(model: name, loraName: adapter), named: adapter) }
    }
    for name in order.dropFirst() { specialise(ModelRef(model: name), named: name) }
    self.document = document
    decisions = lines
  }

  /// The subjects that a model's or adapter's name says, by its words.
  static func subjects(of name: String) -> [DomainLabel] {
    let words = Set(
      name.lowercased().split { !$0.isLetter }.map(String.init))
    func says(_ candidates: String...) -> Bool { candidates.contains { words.contains($0) } }
    var labels: [DomainLabel] = []
    if says("math", "maths", "mathematics") { labels.append(.math) }
    if says("science", "sciences") { labels += [.physics, .chemistry, .biology] }
    if says("physics") { labels.append(.physics) }
    if says("chemistry") { labels.append(.chemistry) }
    if says("biology") { labels.append(.biology) }
    if says("social") { labels += [.economics, .psychology, .business] }
    if says("economics", "finance") { labels.append(.economics) }
    if says("business") { labels.append(.business) }
    if says("psychology") { labels.append(.psychology) }
    if says("humanities") { labels += [.history, .philosophy] }
    if says("history") { labels.append(.history) }
    if says("philosophy") { labels.append(.philosophy) }
    if says("law", "legal") { labels.append(.law) }
    if says("health", "medical", "med") { labels.append(.health) }
    if says("engineering") { labels.append(.engineering) }
    if says("code", "coder", "coding", "programming", "computer") { labels.append(.computerScience) }
    if says("general") { labels.append(.other) }
    return labels
  }
}
