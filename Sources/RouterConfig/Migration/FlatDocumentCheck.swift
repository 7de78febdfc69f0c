/// Checks a document of the flat format in that format's own words and places, before the migration rewrites it.
///
/// It looks at what the migration reads itself: names, addresses, scores. What is carried over as it is, such as the
/// settings of a classifier or a keyword rule, is checked with the v0.3 document that comes of it. Texts that hold a
/// reference to an environment variable are not judged, for they are not known yet.
struct FlatDocumentCheck {
  private(set) var log: ProblemLog
  /// Places of values whose error is told here: what later steps find there only follows from it.
  private(set) var spoilt: Set<SourceLocation> = []
  private let source: DocumentNode
  private let unknownKeys: ConfigurationProblem.Severity

  /// - Parameters:
  ///   - log: its root is the flat document.
  ///   - unknownKeys: what a key that the format never had is.
  init(log: ProblemLog, unknownKeys: ConfigurationProblem.Severity) {
    self.log = log
    self.unknownKeys = unknownKeys
    source = log.root
  }

  mutating func check() {
    checkKeys(
      of: source, at: DocumentPath(),
      FlatFormat.Keys(
        carried: FlatFormat.document.carried + FlatFormat.currentKeys, dropped: FlatFormat.document.dropped))
    checkVersion()
    for (_, profile, path) in named("provider_profiles") where profile.entries == nil { mustBeMapping(profile, path) }
    checkEndpoints()
    checkModels()
    checkCategories()
    if let classifier = source["classifier"] {
      let path = DocumentPath([.key("classifier")])
      if classifier.entries == nil {
        mustBeMapping(classifier, path)
      } else {
        checkKeys(of: classifier, at: path, FlatFormat.classifier)
      }
    }
  }

  private mutating func checkVersion() {
    guard let version = source["version"], let text = version.text, isKnown(version),
      !FlatFormat.versions.contains(text)
    else { return }
    log.add(
      unknownKeys, DocumentPath([.key("version")]),
      .predicate(
        "\(shown(version).map { "\($0) " } ?? "")is not v0.1, v0.2 or v0.3"
          + (unknownKeys == .warning ? ", but the document is read as the flat format of those" : "")),
      "`switchyard config migrate` writes the new form")
  }

  // MARK: Endpoints

  private mutating func checkEndpoints() {
    for (endpoint, path) in listed("vllm_endpoints") {
      checkKeys(of: endpoint, at: path, FlatFormat.endpoint)
      let profile = checkProfile(of: endpoint, at: path)
      if let address = endpoint["address"] {
        checkAddress(address, hasPort: endpoint["port"] != nil, at: path + .key("address"))
      } else if profile?["base_url"] == nil {
        error(path + .key("address"), .predicate("is missing"), "write the engine's host name or IP address")
        spoilt.insert(endpoint.location)
      }
      if let port = endpoint["port"], isKnown(port), !(1...65535).contains(port.text.flatMap { Int($0) } ?? 0) {
        error(path + .key("port"), .predicate("must be a whole number between 1 and 65535\(butIs(port))"))
        if let address = endpoint["address"] { spoilt.insert(address.location) }
      }
      if let models = endpoint["models"], !isListOfTexts(models) {
        error(path + .key("models"), .predicate("must be a list of texts\(butIs(models))"))
      }
    }
  }

  /// The provider profile that an endpoint names, if any.
  private mutating func checkProfile(of endpoint: DocumentNode, at path: DocumentPath) -> DocumentNode? {
    guard let name = endpoint["provider_profile"], let text = name.text, isKnown(name) else { return nil }
    if let profile = source["provider_profiles"]?[text] { return profile }
    let profiles = named("provider_profiles").map(\.name)
    error(
      path + .key("provider_profile"), .clause("provider profile \(ProblemLog.quoted(text)) is not declared"),
      Suggestion.nearest(to: text, among: profiles).map { "did you mean \($0)?" }
        ?? "declare it under provider_profiles")
    spoilt.insert(endpoint.location)
    return nil
  }

  private mutating func checkAddress(_ address: DocumentNode, hasPort: Bool, at path: DocumentPath) {
    guard isKnown(address) else { return }
    let text = address.text ?? ""
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && HostText.isIPv6(text.dropFirst().dropLast())
    guard !isBracketed, !HostText.isHost(text) else { return }
    error(
      path, .predicate("must be a host name or an IP address\(butIs(address))"),
      address.scalar?.isFromEnvironment == true || text.contains("@") ? nil : wayOut(of: text, hasPort: hasPort))
  }

  /// What to write in place of a URL, or of an address with a port.
  private func wayOut(of text: String, hasPort: Bool) -> String? {
    let isURL = text.contains("://")
    guard let parts = try? isURL ? BackendAddress(url: text) : BackendAddress(endpoint: text, usesTLS: false) else {
      return nil
    }
    var keys = ["address: \(parts.host)"]
    if !hasPort { keys.append("port: \(parts.port)") }
    if parts.usesTLS { keys.append("protocol: https") }
    return "write \(ProblemLog.listed(keys, "and"))"
  }

  // MARK: Models

  private mutating func checkModels() {
    let endpoints = (source["vllm_endpoints"]?.elements ?? []).compactMap { $0["name"]?.text }
    for (_, model, path) in named("model_config") where !model.isNull {
      guard model.entries != nil else {
        mustBeMapping(model, path)
        continue
      }
      checkKeys(of: model, at: path, FlatFormat.model)
      guard let preferred = model["preferred_endpoints"] else { continue }
      let preferredPath = path + .key("preferred_endpoints")
      guard isListOfTexts(preferred) else {
        error(preferredPath, .predicate("must be a list of texts\(butIs(preferred))"))
        continue
      }
      for (index, name) in (preferred.elements ?? []).enumerated() {
        guard let text = name.text, isKnown(name), !endpoints.contains(text) else { continue }
        error(
          preferredPath + .index(index), .clause("endpoint \(ProblemLog.quoted(text)) is not declared"),
          Suggestion.nearest(to: text, among: endpoints).map { "did you mean \($0)?" }
            ?? "declare it under vllm_endpoints")
      }
    }
  }

  // MARK: Categories

  private mutating func checkCategories() {
    let hasDecisions = source["decisions"] != nil || source["routing"]?["decisions"] != nil
    for (category, path) in listed("categories") {
      checkKeys(of: category, at: path, FlatFormat.category)
      if hasDecisions, category["system_prompt"] != nil {
        log.warning(
          path + .key("system_prompt"), .predicate("is left out"),
          suggestion: "the document's decisions say which prompts are set")
      }
      let scoresPath = path + .key("model_scores")
      guard let scores = category["model_scores"] else { continue }
      guard let elements = scores.elements else {
        error(scoresPath, .predicate("must be a list\(butIs(scores))"))
        continue
      }
      var isSound = true
      for (index, score) in elements.enumerated() {
        isSound = checkScore(score, at: scoresPath + .index(index)) && isSound
      }
      guard isSound, !elements.isEmpty else { continue }
      if hasDecisions {
        log.warning(
          scoresPath, .predicate("is left out"), suggestion: "the document's decisions choose the models")
      } else if elements.count > 1, let best = ConfigurationMigration.bestScore(of: category)?["model"]?.text {
        log.warning(
          scoresPath,
          .clause("of its \(elements.count) models only the one of the best score is carried over, \(best)"),
          suggestion: "a decision's first candidate answers")
      }
    }
  }

  /// Whether the score can be used.
  private mutating func checkScore(_ score: DocumentNode, at path: DocumentPath) -> Bool {
    guard score.entries != nil else {
      mustBeMapping(score, path)
      return false
    }
    checkKeys(of: score, at: path, FlatFormat.score)
    guard let model = score["model"] else {
      error(path + .key("model"), .predicate("is missing"))
      return false
    }
    guard model.text != nil else {
      error(path + .key("model"), .predicate("must be a text\(butIs(model))"))
      return false
    }
    if let value = score["score"], isKnown(value), value.number == nil {
      error(path + .key("score"), .predicate("must be a number\(butIs(value))"))
      return false
    }
    return true
  }

  // MARK: Structure

  /// The mappings of a list at the top; anything else is an error.
  private mutating func listed(_ key: String) -> [(node: DocumentNode, path: DocumentPath)] {
    guard let list = source[key] else { return [] }
    let path = DocumentPath([.key(key)])
    guard let elements = list.elements else {
      error(path, .predicate("must be a list\(butIs(list))"))
      return []
    }
    var mappings: [(DocumentNode, DocumentPath)] = []
    for (index, element) in elements.enumerated() {
      if element.entries == nil {
        mustBeMapping(element, path + .index(index))
      } else {
        mappings.append((element, path + .index(index)))
      }
    }
    return mappings
  }

  /// The values by name of a mapping at the top; anything but a mapping is an error.
  private mutating func named(_ key: String) -> [(name: String, node: DocumentNode, path: DocumentPath)] {
    guard let mapping = source[key] else { return [] }
    let path = DocumentPath([.key(key)])
    guard let entries = mapping.entries else {
      if !spoilt.contains(mapping.location) { mustBeMapping(mapping, path) }
      return []
    }
    return entries.map { ($0.key, $0.value, path + .key($0.key)) }
  }

  private mutating func checkKeys(of node: DocumentNode, at path: DocumentPath, _ keys: FlatFormat.Keys) {
    for entry in node.entries ?? [] where !keys.carried.contains(entry.key) {
      let entryPath = path + .key(entry.key)
      if keys.dropped.contains(entry.key) {
        guard !entry.value.isNull else { continue }
        log.warning(
          entryPath, .predicate("is left out"), suggestion: "v0.3 has no place for it", at: entry.keyLocation)
        continue
      }
      log.add(
        unknownKeys, entryPath,
        .predicate("is not a key of the flat format\(unknownKeys == .warning ? " and is left out" : "")"),
        Suggestion.nearest(to: entry.key, among: keys.carried).map { "did you mean \($0)?" } ?? "remove it",
        entry.keyLocation)
    }
  }

  private func isListOfTexts(_ node: DocumentNode) -> Bool {
    node.elements?.allSatisfy { $0.scalar != nil } == true
  }

  /// Whether a scalar is what it will be: it refers to no variable.
  private func isKnown(_ node: DocumentNode) -> Bool { node.text?.contains("$") != true }

  // MARK: Messages

  private mutating func error(_ path: DocumentPath, _ phrase: ProblemLog.Phrase, _ suggestion: String? = nil) {
    log.error(path, phrase, suggestion: suggestion)
    spoilt.insert(source.nearest(to: path).location)
  }

  private mutating func mustBeMapping(_ node: DocumentNode, _ path: DocumentPath) {
    error(path, .predicate("must be a mapping\(butIs(node))"))
  }

  private func butIs(_ node: DocumentNode) -> String { shown(node).map { ", not \($0)" } ?? "" }

  /// A value as messages may show it; nil when it came out of the environment or has a user part.
  private func shown(_ node: DocumentNode) -> String? {
    node.scalar?.isFromEnvironment == true || node.text?.contains("@") == true ? nil : SchemaCheck.kind(of: node)
  }
}
