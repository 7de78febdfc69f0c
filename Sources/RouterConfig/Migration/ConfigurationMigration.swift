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
  /// What could not be carried over, or was decided on the way; a sentence each.
  public private(set) var notes: [String] = []

  init(_ root: DocumentNode) {
    source = root
    target = DocumentNode(.mapping([]), at: root.location)
  }

  /// Rewrites a file as v0.3. A file that is v0.3 already comes back as it is, byte for byte; so does a Helm values
  /// file that holds such a document.
  ///
  /// References to environment variables stay references. Comments are lost, which the notes say.
  ///
  /// - Throws: ``ConfigurationProblems`` when the bytes are not YAML.
  public static func migrate(
    _ bytes: [UInt8], file: String = "config.yaml"
  ) throws(ConfigurationProblems) -> (yaml: String, notes: [String]) {
    let tree = try YAMLReader.read(bytes, file: file)
    let root = ConfigurationLoader.documentPart(of: tree)
    guard isLegacy(root) || hasMovedKeys(root) else { return (String(decoding: bytes, as: UTF8.self), []) }
    var migration = ConfigurationMigration(root)
    let migrated = migration.migrated()
    return (YAMLText.print(migrated), migration.notes + ["comments of the old file are not carried over"])
  }

  /// Whether a document has keys at its top that only the flat format has there.
  static func isLegacy(_ root: DocumentNode) -> Bool {
    (root.entries ?? []).contains { flatKeys.contains($0.key) }
  }

  private static func hasMovedKeys(_ root: DocumentNode) -> Bool {
    root["routing"]?["models"] != nil
      || ["default_model", "reasoning_families", "default_reasoning_effort"].contains { root["providers"]?[$0] != nil }
  }

  // MARK: Tables

  private static let signalKeys: [(old: String, new: String)] = [
    ("keyword_rules", "keywords"), ("embedding_rules", "embeddings"), ("fact_check_rules", "fact_check"),
    ("user_feedback_rules", "user_feedbacks"), ("preference_rules", "preferences"), ("language_rules", "language"),
    ("context_rules", "context"), ("complexity_rules", "complexity"), ("modality_rules", "modality"),
    ("role_bindings", "role_bindings"), ("jailbreak", "jailbreak"), ("pii", "pii"),
    ("structure_rules", "structure"), ("conversation_rules", "conversation"), ("metadata_rules", "metadata"),
  ]

  /// Blocks that moved under `global` as they are.
  private static let globalKeys: [(old: String, new: [String])] = [
    ("semantic_cache", ["stores", "response_cache"]), ("response_cache", ["stores", "response_cache"]),
    ("memory", ["stores", "memory"]), ("vector_store", ["stores", "vector_store"]),
    ("tools", ["integrations", "tools"]), ("looper", ["integrations", "looper"]),
    ("api", ["services", "api"]), ("response_api", ["services", "response_api"]),
    ("observability", ["services", "observability"]), ("authz", ["services", "authz"]),
    ("ratelimit", ["services", "ratelimit"]), ("router_replay", ["services", "router_replay"]),
    ("prompt_guard", ["model_catalog", "modules", "prompt_guard"]),
    ("prompt_compression", ["model_catalog", "modules", "prompt_compression"]),
    ("hallucination_mitigation", ["model_catalog", "modules", "hallucination_mitigation"]),
    ("feedback_detector", ["model_catalog", "modules", "feedback_detector"]),
    ("modality_detector", ["model_catalog", "modules", "modality_detector"]),
    ("embedding_models", ["model_catalog", "embeddings", "semantic"]),
    ("external_models", ["model_catalog", "external"]),
    ("config_source", ["router", "config_source"]), ("auto_model_name", ["router", "auto_model_name"]),
    ("auto_model_names", ["router", "auto_model_names"]),
    ("include_config_models_in_list", ["router", "include_config_models_in_list"]),
    ("clear_route_cache", ["router", "clear_route_cache"]), ("streamed_body", ["router", "streamed_body"]),
    ("skip_processing", ["router", "skip_processing"]), ("model_selection", ["router", "model_selection"]),
  ]

  private static let classifierKeys: [(old: String, new: String)] = [
    ("category_model", "domain"), ("mcp_category_model", "mcp"), ("pii_model", "pii"),
    ("preference_model", "preference"),
  ]

  private static let defaultKeys = ["default_model", "reasoning_families", "default_reasoning_effort"]

  private static let cardKeys = [
    "param_size", "context_window_size", "description", "capabilities", "loras", "quality_score", "modality", "tags",
  ]

  private static let flatKeys: Set<String> = Set(
    signalKeys.map(\.old) + globalKeys.map(\.old) + defaultKeys + [
      "categories", "model_config", "vllm_endpoints", "provider_profiles", "classifier", "bert_model", "decisions",
      "strategy", "signals", "model_targets", "backends", "auth_profiles",
    ])

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
    noteWhatIsLeft()
    if target["routing"] == nil { target["routing"] = DocumentNode(.mapping([]), at: source.location) }
    return target
  }

  private mutating func moveDraftKeys() {
    if let models = target["routing"]?["models"] {
      set(models, at: ["routing", "modelCards"])
      remove(["routing", "models"])
    }
    for key in Self.defaultKeys {
      if let value = target["providers"]?[key] {
        set(value, at: ["providers", "defaults", key])
        remove(["providers", key])
      }
    }
  }

  private mutating func migrateDefaults() {
    for key in Self.defaultKeys {
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
        case "reasoning_family", "pricing", "external_model_ids", "api_format", "provider_model_id", "reliability":
          model[field.key] = field.value
        case "preferred_endpoints", "access_key": break
        case let key where Self.cardKeys.contains(key): card[key] = field.value
        default: notes.append("model_config.\(entry.key).\(field.key) has no place in v0.3 and was left out")
        }
      }
      let backends = backends(of: entry.key, config: entry.value)
      if !backends.isEmpty { model["backend_refs"] = DocumentNode(.sequence(backends), at: entry.keyLocation) }
      models.append(model)
      cards.append(card)
    }
    for name in undescribedModels(besides: models) {
      var model = DocumentNode.mapping([("name", name)], at: name.location)
      let backends = backends(of: name.text ?? "", config: nil)
      if !backends.isEmpty { model["backend_refs"] = DocumentNode(.sequence(backends), at: name.location) }
      models.append(model)
      cards.append(.mapping([("name", name)], at: name.location))
      notes.append("model \(name.text ?? "") had no model_config; it got a card and the endpoints that list it")
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
        let shown = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let port = endpoint["port"]?.text.map { ":\($0)" } ?? ""
        reference["endpoint"] = .text(shown + port, at: address.location)
      }
      for key in ["protocol", "weight", "type", "api_key", "api_key_env"] {
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

  private mutating func migrateSignals() {
    for entry in source["signals"]?.entries ?? [] where !entry.value.isNull {
      set(entry.value, at: ["routing", "signals", entry.key])
    }
    for (old, new) in Self.signalKeys {
      if let value = source[old] { set(value, at: ["routing", "signals", new]) }
    }
    guard let categories = source["categories"], let elements = categories.elements else { return }
    var domains: [DocumentNode] = []
    for category in elements {
      var domain = DocumentNode(.mapping([]), at: category.location)
      for field in category.entries ?? [] where !field.value.isNull {
        switch field.key {
        case "name", "description", "mmlu_categories": domain[field.key] = field.value
        case "model_scores", "system_prompt", "system_prompt_mode", "system_prompt_enabled", "reasoning_effort": break
        default:
          notes.append(
            "categories[\(domains.count)].\(field.key) (\(category["name"]?.text ?? "unnamed")) has no place in v0.3 "
              + "and was left out")
        }
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
    let scores = (category["model_scores"]?.elements ?? []).filter { $0["model"] != nil }
    guard !scores.isEmpty || category["system_prompt"] != nil else { return nil }
    let slug = String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    var decision = DocumentNode.mapping(
      [("name", .text("\(slug)_decision", at: name.location)), ("priority", .plain("10", at: at))], at: at)
    let leaf = DocumentNode.mapping([("type", .text("domain", at: at)), ("name", name)], at: at)
    decision["rules"] = .mapping(
      [("operator", .text("OR", at: at)), ("conditions", DocumentNode(.sequence([leaf]), at: at))], at: at)
    let best = scores.enumerated().max { left, right in
      (left.element["score"]?.number ?? 0, -left.offset) < (right.element["score"]?.number ?? 0, -right.offset)
    }
    if let best = best?.element, let model = best["model"] {
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

  private mutating func migrateGlobal() {
    for (old, new) in Self.globalKeys {
      if let value = source[old] { set(value, at: ["global"] + new) }
    }
    for entry in source["classifier"]?.entries ?? [] where !entry.value.isNull {
      if let new = Self.classifierKeys.first(where: { $0.old == entry.key })?.new {
        set(entry.value, at: ["global", "model_catalog", "modules", "classifier", new])
      } else {
        notes.append("classifier.\(entry.key) has no place in v0.3 and was left out")
      }
    }
  }

  private mutating func noteWhatIsLeft() {
    let carried = Set(
      Self.signalKeys.map(\.old) + Self.globalKeys.map(\.old) + Self.defaultKeys + [
        "categories", "model_config", "vllm_endpoints", "provider_profiles", "classifier", "decisions", "strategy",
        "signals", "version", "listeners", "providers", "routing", "entrypoints", "recipes", "global", "setup",
      ])
    for entry in source.entries ?? [] where !carried.contains(entry.key) && !entry.value.isNull {
      notes.append("\(entry.key) has no place in v0.3 and was left out")
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
