/// Prints a document as YAML with comments, for people to begin with (`switchyard config init`).
///
/// Loading what it prints gives an equal document, apart from its hash. Credentials are never printed: each becomes an
/// `api_key_env`, with the variable it came from, or one named after its backend (``variable(for:)``), and so does an
/// extra header that carries a secret by its name. Keys with their default value are left
/// out, except where seeing them helps. Paths of certificates are written as they are opened.
public struct ConfigurationWriter {
  private let document: RouterDocument
  private var output = YAMLText()
  /// Trees here are printed only; they have no place in a file.
  private let nowhere = SourceLocation(line: 1, column: 1)

  /// - Returns: the text of the file, in UTF-8 with a newline at its end.
  public static func write(_ document: RouterDocument) -> String {
    var writer = ConfigurationWriter(document: document)
    writer.writeDocument()
    return writer.output.text
  }

  private init(document: RouterDocument) { self.document = document }

  private mutating func writeDocument() {
    output.comment("Configuration of the router. `switchyard config check` reads it without starting anything;")
    output.comment("`switchyard config reference` explains every key.")
    output.entry("version", text(document.version))
    if !document.listeners.isEmpty {
      section("Where the gateway listens.")
      output.entry("listeners", list(document.listeners.map(listener)))
    }
    writeProviders()
    section("What to read off a request, and what to do with which requests.")
    let cards = document.routing.modelCards.map(card)
    var routing = routingEntries(document.routing)
    if !cards.isEmpty { routing.insert(("modelCards", list(cards)), at: 0) }
    if routing.isEmpty {
      output.entry("routing", mapping([]))
    } else {
      output.header("routing")
      for (index, (key, value)) in routing.enumerated() {
        if index > 0 { output.blankLine() }
        if let comment = Self.comments[key] { output.comment(comment, indent: 2) }
        output.entry(key, value, indent: 2)
      }
    }
    if !document.entrypoints.isEmpty {
      section("Model names that enter a recipe.")
      output.entry("entrypoints", list(document.entrypoints.map(entrypoint)))
    }
    if !document.recipes.isEmpty {
      section("Routing namespaces besides the default one; they share its model cards.")
      output.entry("recipes", list(document.recipes.map(recipe)))
    }
    section("What holds for all recipes.")
    output.entry("global", global(document.global))
  }

  private static let comments = [
    "modelCards": "What the models are good for, and the LoRA adapters they serve.",
    "signals": "Rules that are read off a request; conditions refer to them by type and name.",
    "strategy": "Which of several matching decisions is taken: by priority or by confidence.",
    "decisions": "The matching decision of the greatest priority says which model answers, and how.",
  ]

  private mutating func section(_ comment: String) {
    output.blankLine()
    output.comment(comment)
  }

  private mutating func writeProviders() {
    let providers = document.providers
    guard providers != Providers() else { return }
    var defaults = Fields()
    defaults.add("default_model", providers.defaultModel.map(text))
    defaults.add("default_reasoning_effort", providers.defaultReasoningEffort.map(text))
    let families = providers.reasoningFamilies.sorted { $0.key < $1.key }.map { name, family in
      (name, mapping([("type", text(family.kind.rawValue)), ("parameter", text(family.parameter))]))
    }
    if !families.isEmpty { defaults.add("reasoning_families", mapping(families)) }
    let shared = Self.sharedReliability(of: providers.models)
    defaults.add("reliability", reliability(shared, over: .defaults))
    let sharedBalancing = Self.sharedBalancing(of: providers.models)
    defaults.add("balancing", balancing(sharedBalancing, over: BalancingSettings()))
    section("The models and where they run.")
    output.header("providers")
    if !defaults.pairs.isEmpty {
      output.comment("The default model answers when no decision matches.", indent: 2)
      output.entry("defaults", mapping(defaults.pairs), indent: 2)
    }
    if !providers.models.isEmpty {
      output.entry("models", list(providers.models.map { model($0, over: shared, sharedBalancing) }), indent: 2)
    }
    if defaults.pairs.isEmpty, providers.models.isEmpty { output.entry("models", list([]), indent: 2) }
  }

  // MARK: Parts

  private func listener(_ listener: Listener) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(listener.name))
    fields.add("address", text(listener.address))
    fields.add("port", number(listener.port))
    fields.add("timeout", listener.timeoutSeconds.map { duration(.microseconds(Int64(($0 * 1e6).rounded()))) })
    if listener.trustsForwarded { fields.add("trust_forwarded", boolean(true)) }
    fields.add("tls", listener.tls.map(tls))
    fields.add("cors", listener.cors.map(cors))
    return mapping(fields.pairs)
  }

  /// - Parameters shared, sharedBalancing: what `providers.defaults` sets.
  private func model(
    _ model: ProviderModel, over shared: ReliabilitySettings, _ sharedBalancing: BalancingSettings
  ) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(model.name))
    fields.add("reasoning_family", model.reasoningFamily.map(text))
    fields.add("provider_model_id", model.providerModelID.map(text))
    if !model.externalModelIDs.isEmpty { fields.add("external_model_ids", textMap(model.externalModelIDs)) }
    if let pricing = model.pricing {
      fields.add(
        "pricing",
        mapping([
          ("currency", text(pricing.currency)), ("prompt_per_1m", number(pricing.promptPerMillion)),
          ("completion_per_1m", number(pricing.completionPerMillion)),
        ]))
    }
    fields.add("reliability", reliability(model.reliability, over: shared))
    fields.add("balancing", balancing(model.balancing, over: sharedBalancing))
    if !model.adapterSources.isEmpty { fields.add("adapters", textMap(model.adapterSources)) }
    if model.loadsAdapters { fields.add("load_adapters", boolean(true)) }
    if !model.backends.isEmpty {
      fields.add("backend_refs", list(model.backends.map { backend($0, of: model.name) }))
    }
    return mapping(fields.pairs)
  }

  private func backend(_ backend: BackendReference, of model: String) -> DocumentNode {
    let usual = BackendReference(name: "", host: "", port: 0)
    var fields = Fields()
    let prefix = "\(model)_"
    fields.add(
      "name", text(backend.name.hasPrefix(prefix) ? String(backend.name.dropFirst(prefix.count)) : backend.name))
    let host = backend.host.contains(":") ? "[\(backend.host)]" : backend.host
    let path = backend.pathPrefix.hasSuffix("/v1") ? "\(backend.pathPrefix)/v1" : backend.pathPrefix
    fields.add("endpoint", text("\(host):\(backend.port)\(path)"))
    if backend.usesTLS { fields.add("protocol", text("https")) }
    if backend.weight != usual.weight { fields.add("weight", number(backend.weight)) }
    if backend.type != usual.type { fields.add("type", text(backend.type)) }
    if backend.authHeader != usual.authHeader { fields.add("auth_header", text(backend.authHeader)) }
    if backend.authPrefix != usual.authPrefix { fields.add("auth_prefix", text(backend.authPrefix)) }
    if !backend.extraHeaders.isEmpty { fields.add("extra_headers", headers(of: backend)) }
    fields.add("chat_path", backend.chatPath.map(text))
    if !backend.labels.isEmpty { fields.add("labels", textMap(backend.labels)) }
    if let endpoint = backend.endpoint, endpoint.role != .both {
      fields.add("role", text(endpoint.role.rawValue))
      fields.add("roleset", endpoint.roleset.map(text))
    }
    fields.add("metrics_port", backend.metricsPort.map(number))
    fields.add("kv_events", backend.cacheEvents.map { cacheEvents($0, host: backend.host) })
    if let variable = backend.credentialEnvironmentName {
      fields.add("api_key_env", text(variable))
    } else if backend.credential != nil {
      fields.add("api_key_env", text(Self.variable(for: backend.name)))
    }
    return mapping(fields.pairs)
  }

  /// Headers that carry a secret by their name become references to variables.
  private func headers(of backend: BackendReference) -> DocumentNode {
    let words = ["authorization", "key", "token", "secret", "password", "cookie"]
    return mapping(
      backend.extraHeaders.sorted { $0.key < $1.key }.map { name, value in
        guard words.contains(where: name.lowercased().contains) else { return (name, text(value)) }
        return (name, .text("${\(Self.variable(for: "\(backend.name)_\(name)"))}", at: nowhere))
      })
  }

  /// The variable that stands for a credential which came from no variable: `API_KEY_` and the backend's name in
  /// capitals, other characters as underscores.
  public static func variable(for backendName: String) -> String {
    "API_KEY_" + backendName.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
  }

  private func card(_ card: ModelCard) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(card.name))
    fields.add("description", optional(card.description))
    fields.add("context_window_size", card.contextWindowSize.map(number))
    fields.add("quality_score", card.qualityScore.map(number))
    if !card.loras.isEmpty {
      let loras = card.loras.map { lora in
        var fields = Fields()
        fields.add("name", text(lora.name))
        fields.add("description", optional(lora.description))
        return mapping(fields.pairs)
      }
      fields.add("loras", list(loras))
    }
    return mapping(fields.pairs)
  }

  private func entrypoint(_ entrypoint: Entrypoint) -> DocumentNode {
    mapping([("model_names", list(entrypoint.modelNames.map(text))), ("recipe", text(entrypoint.recipe))])
  }

  private func recipe(_ recipe: Recipe) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(recipe.name))
    fields.add("description", optional(recipe.description))
    fields.add("routing", mapping(routingEntries(recipe.routing)))
    return mapping(fields.pairs)
  }

  private func global(_ settings: GlobalSettings) -> DocumentNode {
    var pairs = [
      (
        "router",
        mapping([
          ("strategy", text(settings.strategy.rawValue)),
          ("auto_model_names", list(settings.autoModelNames.map(text))),
          ("skip_processing", mapping([("enabled", boolean(settings.skipProcessing))])),
        ])
      ),
      (
        "services",
        mapping([
          (
            "management_api",
            mapping([
              ("bind_address", text(settings.managementAddress)), ("port", number(settings.managementPort)),
            ])
          )
        ])
      ),
      ("model_catalog", modelCatalog(settings)),
    ]
    let gateway = gateway(settings.gateway)
    if !gateway.isEmpty { pairs.insert(("gateway", mapping(gateway)), at: 0) }
    return mapping(pairs)
  }

  // MARK: Routing

  private func routingEntries(_ profile: RoutingProfile) -> [(String, DocumentNode)] {
    var fields = Fields()
    let signals = signalEntries(profile.signals)
    if !signals.isEmpty { fields.add("signals", mapping(signals)) }
    fields.add("strategy", profile.strategy.map { text($0.rawValue) })
    if !profile.decisions.isEmpty { fields.add("decisions", list(profile.decisions.map(decision))) }
    return fields.pairs
  }

  private func decision(_ decision: Decision) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(decision.name))
    fields.add("description", optional(decision.description))
    if decision.priority != 0 { fields.add("priority", number(decision.priority)) }
    if decision.tier != 0 { fields.add("tier", number(decision.tier)) }
    if decision.rules != .always { fields.add("rules", rule(decision.rules)) }
    if !decision.modelRefs.isEmpty { fields.add("modelRefs", list(decision.modelRefs.map(modelRef))) }
    if decision.algorithm != "static" {
      fields.add("algorithm", mapping([("type", text(decision.algorithm))]))
    }
    if !decision.plugins.isEmpty { fields.add("plugins", list(decision.plugins.map(plugin))) }
    return mapping(fields.pairs)
  }

  private func modelRef(_ reference: ModelRef) -> DocumentNode {
    var fields = Fields()
    fields.add("model", text(reference.model))
    fields.add("lora_name", reference.loraName.map(text))
    if reference.weight != 1 { fields.add("weight", number(reference.weight)) }
    fields.add("use_reasoning", boolean(reference.useReasoning))
    fields.add("reasoning_effort", reference.reasoningEffort.map(text))
    return mapping(fields.pairs)
  }

  private func plugin(_ plugin: DecisionPlugin) -> DocumentNode {
    switch plugin {
    case .systemPrompt(let plugin):
      mapping([
        ("type", text("system_prompt")),
        (
          "configuration",
          mapping([
            ("enabled", boolean(plugin.isEnabled)), ("mode", text(plugin.mode.rawValue)),
            ("system_prompt", text(plugin.prompt)),
          ])
        ),
      ])
    case .fastResponse(let plugin):
      mapping([
        ("type", text("fast_response")),
        ("configuration", mapping([("enabled", boolean(plugin.isEnabled)), ("message", text(plugin.message))])),
      ])
    }
  }

  private func rule(_ node: RuleNode) -> DocumentNode {
    switch node {
    case .always: mapping([])
    case .and(let children): composite("AND", children)
    case .or(let children): composite("OR", children)
    case .not(let child): composite("NOT", [child])
    case .leaf(let leaf): self.leaf(leaf)
    }
  }

  private func composite(_ name: String, _ children: [RuleNode]) -> DocumentNode {
    mapping([("operator", text(name)), ("conditions", list(children.map(rule)))])
  }

  private func leaf(_ leaf: RuleLeaf) -> DocumentNode {
    var fields = Fields()
    fields.add("type", text(leaf.type))
    fields.add("name", text(leaf.name))
    fields.add("label", leaf.label.map(text))
    fields.add("predicate", leaf.predicate.map(predicate))
    fields.add("on_error", leaf.onError.map { text($0.rawValue) })
    return mapping(fields.pairs)
  }

  func predicate(_ predicate: NumericPredicate) -> DocumentNode {
    var fields = Fields()
    fields.add("gt", predicate.gt.map(number))
    fields.add("gte", predicate.gte.map(number))
    fields.add("lt", predicate.lt.map(number))
    fields.add("lte", predicate.lte.map(number))
    return mapping(fields.pairs)
  }

  // MARK: Nodes

  /// The entries of a mapping under construction; absent values are left out.
  struct Fields {
    private(set) var pairs: [(String, DocumentNode)] = []
    mutating func add(_ key: String, _ value: DocumentNode?) {
      if let value { pairs.append((key, value)) }
    }
  }

  func mapping(_ pairs: [(String, DocumentNode)]) -> DocumentNode { .mapping(pairs, at: nowhere) }
  func list(_ elements: [DocumentNode]) -> DocumentNode { DocumentNode(.sequence(elements), at: nowhere) }
  func boolean(_ value: Bool) -> DocumentNode { .plain(value ? "true" : "false", at: nowhere) }
  func number(_ value: Int) -> DocumentNode { .plain("\(value)", at: nowhere) }
  func number(_ value: Double) -> DocumentNode { .plain(Self.short(value), at: nowhere) }
  func optional(_ value: String) -> DocumentNode? { value.isEmpty ? nil : text(value) }
  func textMap(_ map: [String: String]) -> DocumentNode {
    mapping(map.sorted { $0.key < $1.key }.map { ($0.key, text($0.value)) })
  }

  /// A dollar sign is doubled, for the loader would take what follows it for a variable.
  func text(_ value: String) -> DocumentNode {
    let escaped =
      value.contains("$")
      ? value.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$") : value
    return .text(escaped, at: nowhere)
  }

  /// Whole numbers without a fraction.
  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
