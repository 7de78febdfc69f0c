/// Checks that what a document refers to by name is declared in it, and fills in what only the whole of it tells: the
/// domains that decisions name without declaring any, and the models behind adapters that are named as models.
struct ReferenceCheck {
  var log: ProblemLog
  private(set) var document: RouterDocument
  private let root: DocumentNode
  /// Models that may be referred to, in the order of the document.
  private let modelNames: [String]
  /// Base models by adapter.
  private let baseModels: [String: String]

  init(log: ProblemLog, document: RouterDocument) {
    self.log = log
    self.document = document
    root = log.root
    var names = document.routing.modelCards.map(\.name)
    for model in document.providers.models where !names.contains(model.name) { names.append(model.name) }
    modelNames = names
    var bases: [String: String] = [:]
    for card in document.routing.modelCards {
      for lora in card.loras where bases[lora.name] == nil { bases[lora.name] = card.name }
    }
    baseModels = bases
  }

  mutating func check() {
    checkProviders()
    document.routing = checked(document.routing, at: DocumentPath([.key("routing")]))
    for index in document.recipes.indices {
      let path = DocumentPath([.key("recipes"), .index(index), .key("routing")])
      document.recipes[index].routing = checked(document.recipes[index].routing, at: path)
    }
    checkEntrypoints()
    checkGlobal()
  }

  // MARK: Models

  private mutating func checkProviders() {
    let path = DocumentPath([.key("providers")])
    if let model = document.providers.defaultModel, !model.isEmpty, !modelNames.contains(model),
      baseModels[model] == nil
    {
      undeclared("model \(ProblemLog.quoted(model))", path + .key("defaults") + .key("default_model"), near: model)
    }
    let families = document.providers.reasoningFamilies.keys.sorted()
    let declaredFamilies = (root["providers"]?["defaults"]?["reasoning_families"]?.entries ?? []).map(\.key)
    for (index, model) in (root["providers"]?["models"]?.elements ?? []).enumerated() {
      guard let family = model["reasoning_family"]?.text, !family.isEmpty, !declaredFamilies.contains(family)
      else { continue }
      let place = path + .key("models") + .index(index) + .key("reasoning_family")
      log.error(
        place, .clause("reasoning family \(ProblemLog.quoted(family)) is not declared"),
        suggestion: Suggestion.nearest(to: family, among: families).map { "did you mean \($0)?" }
          ?? "declare it under providers.defaults.reasoning_families")
    }
    for (cardIndex, card) in document.routing.modelCards.enumerated() {
      for (index, lora) in card.loras.enumerated() where modelNames.contains(lora.name) && !lora.name.isEmpty {
        log.error(
          DocumentPath([
            .key("routing"), .key("modelCards"), .index(cardIndex), .key("loras"), .index(index), .key("name"),
          ]), .clause("the adapter \(ProblemLog.quoted(lora.name)) has the name of a model"),
          suggestion: "give the adapter a name of its own")
      }
    }
  }

  private mutating func undeclared(_ what: String, _ path: DocumentPath, near name: String) {
    let candidates = modelNames + baseModels.keys.sorted()
    log.error(
      path, .clause("\(what) is not declared"),
      suggestion: Suggestion.nearest(to: name, among: candidates).map { "did you mean \($0)?" }
        ?? "declare it under routing.modelCards or providers.models")
  }

  private mutating func checked(_ reference: ModelRef, at path: DocumentPath) -> ModelRef {
    guard !reference.model.isEmpty else { return reference }
    var reference = reference
    if !modelNames.contains(reference.model) {
      guard let base = baseModels[reference.model] else {
        undeclared("model \(ProblemLog.quoted(reference.model))", path + .key("model"), near: reference.model)
        return reference
      }
      if let lora = reference.loraName, lora != reference.model {
        log.error(
          path + .key("model"),
          .clause("\(ProblemLog.quoted(reference.model)) is an adapter and cannot have the lora_name \(lora)"),
          suggestion: "write model: \(base)")
        return reference
      }
      reference.loraName = reference.model
      reference.model = base
      return reference
    }
    guard let lora = reference.loraName, !lora.isEmpty else { return reference }
    let adapters = document.routing.modelCards.first { $0.name == reference.model }?.loras.map(\.name) ?? []
    if !adapters.contains(lora) {
      log.error(
        path + .key("lora_name"),
        .clause("model \(ProblemLog.quoted(reference.model)) has no adapter \(ProblemLog.quoted(lora)) on its card"),
        suggestion: Suggestion.nearest(to: lora, among: adapters).map { "did you mean \($0)?" }
          ?? (adapters.isEmpty ? "list it under the card's loras" : "it has \(ProblemLog.listed(adapters, "and"))"))
    }
    return reference
  }

  // MARK: Signals

  private mutating func checked(_ profile: RoutingProfile, at path: DocumentPath) -> RoutingProfile {
    var profile = profile
    let routing = root.nearest(to: path)
    let declared = declaredNames(in: routing)
    let declaresDomains = routing["signals"]?["domains"]?.elements?.isEmpty == false
    // Positions in the tree, for decisions that are no mappings were left out of the profile.
    let positions = (routing["decisions"]?.elements ?? []).indices.filter { index in
      routing["decisions"]?.elements?[index].entries != nil
    }
    var domains: [DomainRule] = []
    for (index, position) in positions.enumerated() where profile.decisions.indices.contains(index) {
      let decisionPath = path + .key("decisions") + .index(position)
      let decisionNode = root.nearest(to: decisionPath)
      if let rules = decisionNode["rules"] {
        checkRules(
          rules, at: decisionPath + .key("rules"), declared: declared,
          collectingDomains: declaresDomains ? nil : { domains.append($0) })
      }
      let references = (decisionNode["modelRefs"]?.elements ?? []).enumerated().filter { $0.element.entries != nil }
      for (referenceIndex, reference) in references.enumerated()
      where profile.decisions[index].modelRefs.indices.contains(referenceIndex) {
        profile.decisions[index].modelRefs[referenceIndex] = checked(
          profile.decisions[index].modelRefs[referenceIndex],
          at: decisionPath + .key("modelRefs") + .index(reference.offset))
      }
    }
    if !declaresDomains {
      for domain in domains where !profile.signals.domains.contains(where: { $0.name == domain.name }) {
        profile.signals.domains.append(domain)
      }
    }
    return profile
  }

  /// The names that conditions may use, by rule type.
  private func declaredNames(in routing: DocumentNode) -> [String: [String]] {
    var names: [String: [String]] = [:]
    for (type, key) in ConfigurationSchema.signalKeyByRuleType {
      let nameKey = type == "authz" ? "role" : "name"
      names[type] = (routing["signals"]?[key]?.elements ?? []).compactMap { $0[nameKey]?.text }
    }
    names["projection"] = (routing["projections"]?["mappings"]?.elements ?? []).flatMap { mapping in
      (mapping["outputs"]?.elements ?? []).compactMap { $0["name"]?.text }
    }
    return names
  }

  private mutating func checkRules(
    _ node: DocumentNode, at path: DocumentPath, declared: [String: [String]],
    collectingDomains collect: ((DomainRule) -> Void)?
  ) {
    for (index, child) in (node["conditions"]?.elements ?? []).enumerated() {
      checkRules(child, at: path + .key("conditions") + .index(index), declared: declared, collectingDomains: collect)
    }
    guard let writtenType = node["type"]?.text, !writtenType.isEmpty, let name = node["name"]?.text, !name.isEmpty
    else { return }
    let type = writtenType.lowercased()
    guard let names = declared[type] else {
      let types = ConfigurationSchema.signalKeyByRuleType.map(\.type) + ["projection"]
      log.error(
        path + .key("type"), .clause("signal type \(ProblemLog.quoted(writtenType)) is not known"),
        suggestion: Suggestion.nearest(to: type, among: types).map { "did you mean \($0)?" }
          ?? "known are \(ProblemLog.listed(types, "and"))")
      return
    }
    if node["on_error"] != nil, node["predicate"] == nil {
      log.warning(
        path + .key("on_error"), .predicate("has no effect without a predicate"), suggestion: "remove it")
    }
    if type == "domain", let collect {
      synthesizeDomain(name, at: path + .key("name"), collect)
      return
    }
    var base = name
    if type == "complexity" {
      guard let colon = name.lastIndex(of: ":"), ["hard", "easy", "medium"].contains(name[name.index(after: colon)...])
      else {
        log.error(
          path + .key("name"), .clause("complexity \(ProblemLog.quoted(name)) names no level"),
          suggestion: "write \(name):hard, \(name):medium or \(name):easy")
        return
      }
      base = String(name[..<colon])
    }
    guard !names.contains(base) else { return }
    let place =
      type == "projection"
      ? "routing.projections.mappings[].outputs"
      : "routing.signals.\(ConfigurationSchema.signalKeyByRuleType.first { $0.type == type }?.key ?? type)"
    log.error(
      path + .key("name"), .clause("signal \(type):\(base) is not declared"),
      suggestion: Suggestion.nearest(to: base, among: names).map { "did you mean \(type):\($0)?" }
        ?? "declare it under \(place)")
  }

  /// Domains need no declaration as long as none is declared.
  private mutating func synthesizeDomain(_ name: String, at path: DocumentPath, _ collect: (DomainRule) -> Void) {
    if let label = DomainLabel(documentName: name) {
      collect(DomainRule(name: name, labels: [label]))
      return
    }
    collect(DomainRule(name: name, labels: [.other]))
    log.warning(
      path, .clause("domain:\(name) is not declared and is not one of the 14 categories, so it is read as other"),
      suggestion: Suggestion.nearest(to: name, among: DomainLabel.allCases.map(\.rawValue)).map {
        "did you mean \($0)?"
      }
        ?? "declare it under routing.signals.domains")
  }

  // MARK: The rest

  private mutating func checkEntrypoints() {
    let recipes = document.recipes.map(\.name)
    var taken: [String: String] = [:]
    for name in modelNames { taken[name] = "a model" }
    for name in baseModels.keys { taken[name] = "an adapter" }
    for name in document.global.autoModelNames { taken[name] = "a name that asks for the default recipe" }
    for (index, entrypoint) in (root["entrypoints"]?.elements ?? []).enumerated() where entrypoint.entries != nil {
      let path = DocumentPath([.key("entrypoints"), .index(index)])
      if let recipe = entrypoint["recipe"]?.text, !recipe.isEmpty, recipe != "default", !recipes.contains(recipe) {
        log.error(
          path + .key("recipe"), .clause("recipe \(ProblemLog.quoted(recipe)) is not declared"),
          suggestion: Suggestion.nearest(to: recipe, among: recipes + ["default"]).map { "did you mean \($0)?" }
            ?? "declare it under recipes")
      }
      for (nameIndex, name) in (entrypoint["model_names"]?.elements ?? []).enumerated() {
        guard let text = name.text else { continue }
        let namePath = path + .key("model_names") + .index(nameIndex)
        if text.isEmpty {
          log.error(namePath, .predicate("must not be empty"))
        } else if let owner = taken[text] {
          log.error(
            namePath, .clause("\(ProblemLog.quoted(text)) is already \(owner)"),
            suggestion: "entry points need names of their own")
        } else {
          taken[text] = "an entry point"
        }
      }
    }
  }

  private mutating func checkGlobal() {
    let global = document.global
    let names = document.routing.signals.domains.map(\.name) + DomainLabel.allCases.map(\.rawValue)
    let domainPath = ["global", "model_catalog", "modules", "classifier", "domain", "fallback_category"]
    if !global.fallbackCategory.isEmpty, !names.contains(global.fallbackCategory),
      DomainLabel(documentName: global.fallbackCategory) == nil
    {
      log.warning(
        DocumentPath(domainPath.map { .key($0) }),
        .predicate("\(ProblemLog.quoted(global.fallbackCategory)) is no domain, so no decision sees it"),
        suggestion: Suggestion.nearest(to: global.fallbackCategory, among: names).map { "did you mean \($0)?" })
    }
    let wildcards: Set<String> = ["0.0.0.0", "::"]
    for listener in document.listeners where listener.port == global.managementPort && listener.port != 0 {
      guard
        listener.address == global.managementAddress || wildcards.contains(listener.address)
          || wildcards.contains(global.managementAddress)
      else { continue }
      log.warning(
        DocumentPath([.key("global"), .key("services"), .key("management_api"), .key("port")]),
        .predicate("\(listener.port) is the port of the listener \(ProblemLog.quoted(listener.name)) too"),
        suggestion: "only one of them can bind it on this machine")
    }
  }
}
