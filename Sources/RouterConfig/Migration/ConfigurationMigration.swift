/// Rewrites documents of the flat format that preceded v0.3 (v0.1 and v0.2), and moves the keys that drafts of v0.3 had
/// elsewhere.
///
/// | flat | v0.3 |
/// |---|---|
/// | `vllm_endpoints`, `model_config.*.preferred_endpoints`, `provider_profiles` | `providers.models[].backend_refs` |
/// | `model_config` | `providers.models`, `routing.modelCards` |
/// | `default_model`, `reasoning_families`, `default_reasoning_effort` | `providers.defaults` |
/// | `categories`, `keyword_rules` and the other rules | `routing.signals` |
/// | `categories[].model_scores`, `.system_prompt`, where there are no decisions | `routing.decisions` |
/// | `semantic_cache`, `tools`, `classifier`, … | `global` |
public struct ConfigurationMigration {
  private var source: DocumentNode
  private var target: DocumentNode
  /// What was decided on the way; a sentence each. What is left out, ``FlatDocumentCheck`` says.
  private(set) var notes: [String] = []

  init(_ root: DocumentNode) {
    source = root
    target = DocumentNode(.mapping([]), at: root.location)
  }

  /// Rewrites a file as v0.3. A file that is v0.3 already comes back as it is, byte for byte; so does a Helm values
  /// file that holds such a document.
  ///
  /// References to environment variables stay references. The notes are sentences about what was left out or decided on
  /// the way, and about models that no endpoint serves; comments are lost, which they say too.
  ///
  /// - Throws: ``ConfigurationProblems`` when the bytes are not YAML, or when the flat document itself has errors, such
  ///   as a model that prefers an endpoint nobody declares.
  public static func migrate(
    _ bytes: [UInt8], file: String = "config.yaml"
  ) throws(ConfigurationProblems) -> (yaml: String, notes: [String]) {
    let tree = try YAMLReader.read(bytes, file: file)
    let root = ConfigurationLoader.documentPart(of: tree)
    guard isLegacy(root) || hasMovedKeys(root) else { return (String(decoding: bytes, as: UTF8.self), []) }
    var losses: [String] = []
    if isLegacy(root) {
      var check = FlatDocumentCheck(log: ProblemLog(file: file, root: root), unknownKeys: .warning)
      check.check()
      let (errors, warnings) = check.log.sorted()
      guard errors.isEmpty else { throw ConfigurationProblems(errors + warnings) }
      losses = warnings.map { warning in warning.reason + (warning.suggestion.map { "; \($0)" } ?? "") }
    }
    var migration = ConfigurationMigration(root)
    let migrated = migration.migrated()
    return (YAMLText.print(migrated), losses + migration.notes + ["comments of the old file are not carried over"])
  }

  /// Whether a document has keys at its top that only the flat format has there.
  static func isLegacy(_ root: DocumentNode) -> Bool {
    (root.entries ?? []).contains { entry in
      FlatFormat.document.carried.contains(entry.key) || FlatFormat.document.dropped.contains(entry.key)
    }
  }

  private static func hasMovedKeys(_ root: DocumentNode) -> Bool {
    root["routing"]?["models"] != nil
      || FlatFormat.defaultKeys.contains { root["providers"]?[$0] != nil }
  }

  // MARK: Steps

  mutating func migrated() -> DocumentNode {
    target["version"] = .text("v0.3", at: source.location)
    for key in ["listeners", "providers", "routing", "entrypoints", "recipes", "global", "setup"] {
      if let value = source[key] { target[key] = value }
    }
    moveDraftKeys()
    migrateDefaults()
    migrateModels()
    migrateSignals()
    migrateDecisions()
    migrateGlobal()
    if target["routing"] == nil { target["routing"] = DocumentNode(.mapping([]), at: source.location) }
    return target
  }

  private mutating func moveDraftKeys() {
    if let models = target["routing"]?["models"] {
      set(models, at: ["routing", "modelCards"])
      remove(["routing", "models"])
    }
    for key in FlatFormat.defaultKeys {
      if let value = target["providers"]?[key] {
        set(value, at: ["providers", "defaults", key])
        remove(["providers", key])
      }
    }
  }

  private mutating func migrateDefaults() {
    for key in FlatFormat.defaultKeys {
      if let value = source[key] { set(value, at: ["providers", "defaults", key]) }
    }
  }

  private mutating func migrateModels() {
    guard source["model_config"] != nil || source["vllm_endpoints"] != nil else { return }
    var models = target["providers"]?["models"]?.elements ?? []
    var cards = target["routing"]?["modelCards"]?.elements ?? []
    for entry in source["model_config"]?.entries ?? [] {
      let name = DocumentNode.text(entry.key, at: entry.keyLocation)
      var model = DocumentNode.mapping([("name", name)], at: entry.keyLocation)
      var card = DocumentNode.mapping([("name", name)], at: entry.keyLocation)
      for field in entry.value.entries ?? [] where !field.value.isNull {
        switch field.key {
        case let key where FlatFormat.modelKeys.contains(key): model[key] = field.value
        case let key where FlatFormat.cardKeys.contains(key): card[key] = field.value
        default: break
        }
      }
      setBackends(of: &model, named: entry.key, config: entry.value)
      models.append(model)
      cards.append(card)
    }
    for name in undescribedModels(besides: models) {
      var model = DocumentNode.mapping([("name", name)], at: name.location)
      notes.append("model \(name.text ?? "") had no model_config; it got a card and the endpoints that list it")
      setBackends(of: &model, named: name.text ?? "", config: nil)
      models.append(model)
      cards.append(.mapping([("name", name)], at: name.location))
    }
    if !models.isEmpty { set(DocumentNode(.sequence(models), at: source.location), at: ["providers", "models"]) }
    if !cards.isEmpty { set(DocumentNode(.sequence(cards), at: source.location), at: ["routing", "modelCards"]) }
  }

  /// Models that are only named: by endpoints, by scores or as the default.
  private func undescribedModels(besides models: [DocumentNode]) -> [DocumentNode] {
    var seen = Set(models.compactMap { $0["name"]?.text })
    var adapters: Set<String> = []
    for entry in source["model_config"]?.entries ?? [] {
      for lora in entry.value["loras"]?.elements ?? [] { if let name = lora["name"]?.text { adapters.insert(name) } }
    }
    seen.formUnion(adapters)
    var names = (source["vllm_endpoints"]?.elements ?? []).flatMap { $0["models"]?.elements ?? [] }
    for category in source["categories"]?.elements ?? [] {
      names += (category["model_scores"]?.elements ?? []).compactMap { $0["model"] }
    }
    if let name = source["default_model"] { names.append(name) }
    return names.filter { name in name.text.map { !$0.isEmpty && seen.insert($0).inserted } ?? false }
  }

  private mutating func setBackends(of model: inout DocumentNode, named name: String, config: DocumentNode?) {
    let backends = backends(of: name, config: config)
    if backends.isEmpty {
      notes.append("model \(name) has no endpoint, so requests for it will be answered 503")
    } else {
      model["backend_refs"] = DocumentNode(.sequence(backends), at: model.location)
    }
  }

  private func backends(of model: String, config: DocumentNode?) -> [DocumentNode] {
    let endpoints = source["vllm_endpoints"]?.elements ?? []
    let preferred = config?["preferred_endpoints"]?.texts
    let chosen = endpoints.filter { endpoint in
      if let preferred { return preferred.contains(endpoint["name"]?.text ?? "") }
      if let models = endpoint["models"]?.texts { return models.contains(model) }
      return !endpoints.contains { $0["models"] != nil }
    }
    return chosen.map { endpoint in
      var reference = DocumentNode(.mapping([]), at: endpoint.location)
      if let name = endpoint["name"] { reference["name"] = name }
      if let address = endpoint["address"], let host = address.text {
        let shown = host.contains(":") && !host.hasPrefix("[") && !host.contains("$") ? "[\(host)]" : host
        let port = endpoint["port"]?.text.map { ":\($0)" } ?? ""
        reference["endpoint"] = joined(shown + port, of: [address, endpoint["port"]], at: address.location)
      }
      for key in FlatFormat.backendKeys {
        if let value = endpoint[key] { reference[key] = value }
      }
      if reference["api_key"] == nil, let key = config?["access_key"] { reference["api_key"] = key }
      if let profile = endpoint["provider_profile"]?.text, let settings = source["provider_profiles"]?[profile] {
        for field in settings.entries ?? [] where !field.value.isNull {
          reference[field.key == "type" ? "provider" : field.key] = field.value
        }
      }
      return reference
    }
  }

  /// A text made of others, as little to be shown as they are.
  private func joined(_ text: String, of parts: [DocumentNode?], at location: SourceLocation) -> DocumentNode {
    let isFromEnvironment = parts.contains { $0?.scalar?.isFromEnvironment == true }
    let scalar = DocumentNode.Scalar(text: text, isPlain: false, isFromEnvironment: isFromEnvironment)
    return DocumentNode(.scalar(scalar), at: location)
  }

  private mutating func migrateSignals() {
    for entry in source["signals"]?.entries ?? [] where !entry.value.isNull {
      set(entry.value, at: ["routing", "signals", entry.key])
    }
    for (old, new) in FlatFormat.signalKeys {
      if let value = source[old] { set(value, at: ["routing", "signals", new]) }
    }
    guard let categories = source["categories"], let elements = categories.elements else { return }
    var domains: [DocumentNode] = []
    for category in elements {
      var domain = DocumentNode(.mapping([]), at: category.location)
      for key in ["name", "description", "mmlu_categories"] {
        if let value = category[key] { domain[key] = value }
      }
      domains.append(domain)
    }
    set(DocumentNode(.sequence(domains), at: categories.location), at: ["routing", "signals", "domains"])
  }

  private mutating func migrateDecisions() {
    if let strategy = source["strategy"] { set(strategy, at: ["routing", "strategy"]) }
    if let decisions = source["decisions"] {
      set(decisions, at: ["routing", "decisions"])
      return
    }
    guard target["routing"]?["decisions"] == nil, let categories = source["categories"]?.elements else { return }
    let decisions = categories.compactMap(decision)
    guard !decisions.isEmpty else { return }
    set(DocumentNode(.sequence(decisions), at: source.location), at: ["routing", "decisions"])
    notes.append("the categories' models and prompts became \(decisions.count) decisions of priority 10")
  }

  /// What a category of v0.1 decided by itself: its best model, its prompt.
  private func decision(for category: DocumentNode) -> DocumentNode? {
    let at = category.location
    guard let name = category["name"], let text = name.text else { return nil }
    guard Self.bestScore(of: category) != nil || category["system_prompt"] != nil else { return nil }
    let slug = String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    var decision = DocumentNode.mapping(
      [("name", joined("\(slug)_decision", of: [name], at: name.location)), ("priority", .plain("10", at: at))], at: at)
    let leaf = DocumentNode.mapping([("type", .text("domain", at: at)), ("name", name)], at: at)
    decision["rules"] = .mapping(
      [("operator", .text("OR", at: at)), ("conditions", DocumentNode(.sequence([leaf]), at: at))], at: at)
    if let best = Self.bestScore(of: category), let model = best["model"] {
      var reference = DocumentNode.mapping([("model", model)], at: best.location)
      if let useReasoning = best["use_reasoning"] ?? category["use_reasoning"] {
        reference["use_reasoning"] = useReasoning
      }
      if let effort = best["reasoning_effort"] ?? category["reasoning_effort"] {
        reference["reasoning_effort"] = effort
      }
      if let lora = best["lora_name"] { reference["lora_name"] = lora }
      decision["modelRefs"] = DocumentNode(.sequence([reference]), at: best.location)
    }
    if let prompt = category["system_prompt"] {
      var configuration = DocumentNode.mapping(
        [
          ("system_prompt", prompt),
          ("mode", category["system_prompt_mode"] ?? .text("replace", at: prompt.location)),
        ], at: prompt.location)
      if let isEnabled = category["system_prompt_enabled"] { configuration["enabled"] = isEnabled }
      let plugin = DocumentNode.mapping(
        [("type", .text("system_prompt", at: prompt.location)), ("configuration", configuration)],
        at: prompt.location)
      decision["plugins"] = DocumentNode(.sequence([plugin]), at: prompt.location)
    }
    return decision
  }

  /// The element of a category's `model_scores` with the greatest score, the first on ties.
  static func bestScore(of category: DocumentNode) -> DocumentNode? {
    let scores = (category["model_scores"]?.elements ?? []).filter { $0["model"] != nil }
    return scores.enumerated().max { left, right in
      (left.element["score"]?.number ?? 0, -left.offset) < (right.element["score"]?.number ?? 0, -right.offset)
    }?.element
  }

  private mutating func migrateGlobal() {
    for (old, new) in FlatFormat.globalKeys {
      if let value = source[old] { set(value, at: ["global"] + new) }
    }
    for entry in source["classifier"]?.entries ?? [] where !entry.value.isNull {
      if let new = FlatFormat.classifierKeys.first(where: { $0.old == entry.key })?.new {
        set(entry.value, at: ["global", "model_catalog", "modules", "classifier", new])
      }
    }
  }

  // MARK: The target

  private mutating func set(_ value: DocumentNode, at keys: [String]) {
    Self.set(value, at: keys[...], in: &target)
  }

  private static func set(_ value: DocumentNode, at keys: ArraySlice<String>, in node: inout DocumentNode) {
    guard let first = keys.first else { return }
    if keys.count == 1 {
      node[first] = value
      return
    }
    var child = node[first] ?? DocumentNode(.mapping([]), at: value.location)
    set(value, at: keys.dropFirst(), in: &child)
    node[first] = child
  }

  private mutating func remove(_ keys: [String]) {
    guard keys.count == 2, var parent = target[keys[0]] else { return }
    parent[keys[1]] = nil
    target[keys[0]] = parent
  }
}
