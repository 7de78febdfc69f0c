/// Holds a document against the table of keys: unknown and removed keys, missing ones, types, ranges, words, names that
/// are declared twice. What it lets pass, the decoder can read without asking again.
struct SchemaCheck {
  var log: ProblemLog
  private(set) var features = FeatureUses()
  private let unknownKeys: ConfigurationProblem.Severity

  /// - Parameter unknownKeys: what a key outside the schema is.
  init(log: ProblemLog, unknownKeys: ConfigurationProblem.Severity) {
    self.log = log
    self.unknownKeys = unknownKeys
  }

  mutating func checkDocument() {
    let root = log.root
    guard root.entries != nil else {
      log.error(DocumentPath(), .predicate("must be a mapping, not \(Self.kind(of: root))"))
      return
    }
    checkEntries(of: root, as: "", at: DocumentPath())
    checkVersion()
    if root["routing"] == nil, root["global"] == nil {
      let unknown = (root.entries ?? []).map(\.key).filter { ConfigurationSchema.keyByPath[$0] == nil }
      let note = unknown.isEmpty ? "" : "; unknown here: \(ProblemLog.listed(unknown, "and"))"
      log.error(
        DocumentPath(), .clause("the document has neither routing nor global\(note)"),
        suggestion: "a v0.3 document has version, listeners, providers, routing, entrypoints, recipes and global")
    }
  }

  private mutating func checkVersion() {
    guard let scalar = log.root["version"]?.scalar, !["v0.3", "0.3"].contains(scalar.text) else { return }
    let shown = scalar.isFromEnvironment ? "" : "\(ProblemLog.quoted(scalar.text)) "
    log.add(
      unknownKeys, DocumentPath([.key("version")]),
      .predicate("\(shown)is not v0.3\(unknownKeys == .warning ? ", but the document is read as such" : "")"),
      "write version: v0.3")
  }

  // MARK: Mappings and lists

  /// - Parameter known: the keys that are known here; nil: all that the schema has there.
  private mutating func checkEntries(
    of node: DocumentNode, as pattern: String, at path: DocumentPath, among known: Set<String>? = nil
  ) {
    let names = (ConfigurationSchema.childNames[pattern] ?? []).filter {
      !$0.hasSuffix("]") && known?.contains($0) != false
    }
    for entry in node.entries ?? [] {
      let childPattern = pattern.isEmpty ? entry.key : "\(pattern).\(entry.key)"
      let childPath = path + .key(entry.key)
      if let wayOut = ConfigurationSchema.removedKeys[childPattern] {
        log.error(childPath, .predicate("is no longer a key"), suggestion: wayOut, at: entry.keyLocation)
      } else if known?.contains(entry.key) != false, let key = ConfigurationSchema.keyByPath[childPattern] {
        check(entry.value, against: key, at: childPath, keyLocation: entry.keyLocation)
      } else {
        let nearest = Suggestion.nearest(to: entry.key, among: names)
        log.add(
          unknownKeys, childPath,
          .predicate("is not a key of the schema\(unknownKeys == .warning ? " and is ignored" : "")"),
          nearest.map { "did you mean \($0)?" } ?? "`switchyard config reference` lists the keys", entry.keyLocation)
      }
    }
    for name in names {
      guard let key = ConfigurationSchema.keyByPath[pattern.isEmpty ? name : "\(pattern).\(name)"], key.isRequired,
        node[name] == nil
      else { continue }
      log.error(path + .key(name), .predicate("is missing"), at: node.location)
    }
  }

  private mutating func checkElements(
    of elements: [DocumentNode], as pattern: String, uniqueBy uniqueKey: String?, at path: DocumentPath
  ) {
    var firstLines: [String: Int] = [:]
    let elementKey = ConfigurationSchema.keyByPath["\(pattern)[]"]
    for (index, element) in elements.enumerated() {
      let elementPath = path + .index(index)
      guard element.entries != nil else {
        log.error(elementPath, .predicate("must be a mapping, not \(Self.kind(of: element))"))
        continue
      }
      if let elementKey {
        check(element, against: elementKey, at: elementPath, keyLocation: element.location)
      } else {
        checkEntries(of: element, as: "\(pattern)[]", at: elementPath)
      }
      if pattern == "routing.decisions[].plugins" { checkPlugin(element, at: elementPath) }
      guard let uniqueKey, let name = element[uniqueKey], let text = name.text else { continue }
      if let line = firstLines[text] {
        log.error(
          elementPath + .key(uniqueKey), .predicate("\(ProblemLog.quoted(text)) is taken by the one on line \(line)"),
          suggestion: "give each a name of its own")
      } else {
        firstLines[text] = name.location.line
      }
    }
    if pattern == "routing.decisions[].plugins" { checkForRepeatedPlugins(elements, at: path) }
  }

  // MARK: Values

  private mutating func check(
    _ node: DocumentNode, against key: ConfigurationKey, at path: DocumentPath, keyLocation: SourceLocation
  ) {
    guard !node.isNull else { return }
    if case .notYet(let feature, let harmless) = key.support {
      checkUnusedBlock(node, as: key.path, feature: feature, harmless: harmless, at: path, keyLocation: keyLocation)
      if key.type == .anything { return }
    }
    switch key.type {
    case .anything:
      return
    case .same(let other):
      guard let otherKey = ConfigurationSchema.keyByPath[other] else { return }
      check(node, against: otherKey, at: path, keyLocation: keyLocation)
    case .object:
      guard node.entries != nil else { return mistyped(node, "a mapping", key, at: path) }
      // Settings of a plugin are checked against the plugin's own rows, where it has some.
      if key.path == "routing.decisions[].plugins[].configuration" {
        guard let settings = pluginSettings(at: path) else { return }
        return checkEntries(of: node, as: key.path, at: path, among: settings)
      }
      checkEntries(of: node, as: key.path, at: path)
      if key.path == "routing.decisions[].algorithm" { checkAlgorithm(node, at: path) }
    case .objects(let uniqueBy):
      guard let elements = node.elements else { return mistyped(node, "a list", key, at: path) }
      checkElements(of: elements, as: key.path, uniqueBy: uniqueBy, at: path)
    case .objectsByName, .textsOrObjectsByName:
      guard let entries = node.entries else { return mistyped(node, "a mapping", key, at: path) }
      for entry in entries {
        let entryPath = path + .key(entry.key)
        let maySayText = key.type == .textsOrObjectsByName
        if maySayText, entry.value.scalar != nil { continue }
        guard entry.value.entries != nil else {
          let wanted = maySayText ? "a text or a mapping" : "a mapping"
          log.error(entryPath, .predicate("must be \(wanted), not \(Self.kind(of: entry.value))"))
          continue
        }
        checkEntries(of: entry.value, as: "\(key.path).*", at: entryPath)
      }
    case .texts:
      guard let elements = node.elements else { return mistyped(node, "a list of texts", key, at: path) }
      for (index, element) in elements.enumerated() where element.scalar == nil {
        log.error(path + .index(index), .predicate("must be a text, not \(Self.kind(of: element))"))
      }
    case .textLists:
      let isListOfTexts = { (node: DocumentNode) in node.elements?.allSatisfy { $0.scalar != nil } == true }
      guard node.elements?.allSatisfy(isListOfTexts) == true else {
        return mistyped(node, "a list of lists of texts", key, at: path)
      }
    case .textMap, .secretMap:
      guard node.entries?.allSatisfy({ $0.value.scalar != nil }) == true else {
        return mistyped(node, "a mapping of names to texts", key, at: path)
      }
    default:
      checkScalar(node, against: key, at: path)
    }
  }

  private mutating func checkScalar(_ node: DocumentNode, against key: ConfigurationKey, at path: DocumentPath) {
    let expected = Self.kind(of: key.type)
    guard let scalar = node.scalar else { return mistyped(node, expected, key, at: path) }
    var type = key.type
    if case .either(let words, let other) = type {
      if words.contains(scalar.text) { return }
      type = other
    }
    switch type {
    case .name:
      if scalar.text.isEmpty { log.error(path, .predicate("must not be empty")) }
    case .integer(let range):
      guard let value = node.integer else { return mistyped(node, expected, key, at: path) }
      if !range.contains(value) { outOfRange(node, range.lowerBound, range.upperBound, .max, key, at: path) }
    case .number(let range):
      guard let value = node.number else { return mistyped(node, expected, key, at: path) }
      if !range.contains(value) {
        outOfRange(node, range.lowerBound, range.upperBound, .greatestFiniteMagnitude, key, at: path)
      }
    case .boolean:
      if node.boolean == nil { mistyped(node, expected, key, at: path) }
    case .choice(let words, let ignoringCase):
      let isKnown = words.contains { ignoringCase ? $0.lowercased() == scalar.text.lowercased() : $0 == scalar.text }
      if !isKnown { badChoice(node, among: words.filter { !$0.isEmpty }, key, at: path) }
    case .duration:
      if Quantity.duration(scalar.text) == nil { mistyped(node, expected, key, at: path) }
    case .positiveDuration:
      if Quantity.duration(scalar.text).map({ $0 > .zero }) != true { mistyped(node, expected, key, at: path) }
    case .size:
      if Quantity.bytes(scalar.text).map({ $0 > 0 }) != true { mistyped(node, expected, key, at: path) }
    case .tokenCount:
      if Quantity.tokens(scalar.text) == nil { mistyped(node, expected, key, at: path) }
    default:
      return
    }
  }

  // MARK: What is not acted upon

  private mutating func checkUnusedBlock(
    _ node: DocumentNode, as pattern: String, feature: ConfigurationFeature, harmless: [String],
    at path: DocumentPath, keyLocation: SourceLocation
  ) {
    for entry in node.entries ?? [] {
      guard let wayOut = ConfigurationSchema.removedKeys["\(pattern).\(entry.key)"] else { continue }
      log.error(
        path + .key(entry.key), .predicate("is no longer a key"), suggestion: wayOut, at: entry.keyLocation)
    }
    if case .signalFamily = feature {
      guard let elements = node.elements else {
        log.error(path, .predicate("must be a list, not \(Self.kind(of: node))"))
        return
      }
      features.add(feature, count: elements.count, path: path, at: keyLocation)
      return
    }
    if node.entries?.isEmpty == true || node.elements?.isEmpty == true { return }
    if node["enabled"]?.boolean == false { return }
    if let text = node.text, harmless.contains(text) { return }
    features.add(feature, path: path, at: keyLocation)
  }

  private mutating func checkAlgorithm(_ node: DocumentNode, at path: DocumentPath) {
    guard let type = node["type"]?.text?.lowercased(), ConfigurationSchema.algorithmTypes.contains(type) else { return }
    for entry in node.entries ?? [] {
      guard ConfigurationSchema.algorithmTypes.contains(entry.key), entry.key != type else { continue }
      log.error(
        path + .key(entry.key), .predicate("does not belong to the type \(type)"),
        suggestion: "remove the block, or write type: \(entry.key)", at: entry.keyLocation)
    }
    if type != "static" { features.add(.algorithm(type), path: path, at: node.location) }
  }

  private mutating func checkPlugin(_ node: DocumentNode, at path: DocumentPath) {
    guard let type = node["type"]?.text, ConfigurationSchema.pluginTypes.contains(type) else { return }
    if node["configuration"] == nil {
      log.error(path + .key("configuration"), .predicate("is missing"), at: node.location)
    } else if ConfigurationSchema.pluginSettings[type] == nil, node["configuration"]?["enabled"]?.boolean != false {
      features.add(.plugin(type), path: path, at: node.location)
    }
  }

  private mutating func checkForRepeatedPlugins(_ elements: [DocumentNode], at path: DocumentPath) {
    var seen: Set<String> = []
    for (index, element) in elements.enumerated() {
      guard let type = element["type"]?.text, !seen.insert(type).inserted else { continue }
      log.error(
        path + .index(index), .clause("the plugin \(type) comes twice"), suggestion: "keep one of them")
    }
  }

  /// The settings of the plugin whose `configuration` stands at a path; nil where this build does not act on it.
  private func pluginSettings(at path: DocumentPath) -> Set<String>? {
    let plugin = log.root.nearest(to: DocumentPath(path.steps.dropLast()))
    return plugin["type"]?.text.flatMap { ConfigurationSchema.pluginSettings[$0] }
  }

  // MARK: Messages

  private mutating func mistyped(
    _ node: DocumentNode, _ expected: String, _ key: ConfigurationKey, at path: DocumentPath
  ) {
    log.error(path, .predicate("must be \(expected)\(butIs(node, key))"))
  }

  private mutating func outOfRange<Bound: Comparable>(
    _ node: DocumentNode, _ lower: Bound, _ upper: Bound, _ unbounded: Bound, _ key: ConfigurationKey,
    at path: DocumentPath
  ) {
    func short(_ bound: Bound) -> String { "\(bound)".hasSuffix(".0") ? "\("\(bound)".dropLast(2))" : "\(bound)" }
    let range = upper == unbounded ? "\(short(lower)) or more" : "between \(short(lower)) and \(short(upper))"
    var words = ""
    if case .either(let others, _) = key.type { words = ", or \(ProblemLog.listed(others))" }
    log.error(path, .predicate("must be \(range)\(words)\(butIs(node, key))"))
  }

  private mutating func badChoice(
    _ node: DocumentNode, among words: [String], _ key: ConfigurationKey, at path: DocumentPath
  ) {
    let text = node.text ?? ""
    let isHidden = node.scalar?.isFromEnvironment == true
    if key.path == "routing.decisions[].algorithm.type", ConfigurationSchema.removedAlgorithms.contains(text) {
      log.error(
        path, .clause("the algorithm \(text) is no more"), suggestion: "global.router.learning took its place")
      return
    }
    let nearest = isHidden ? nil : Suggestion.nearest(to: text, among: words)
    let wayOut = nearest.map { "did you mean \($0)?" }
    if words.count <= 6 {
      log.error(path, .predicate("must be \(ProblemLog.listed(words))\(butIs(node, key))"), suggestion: wayOut)
    } else {
      log.error(
        path, .predicate(isHidden ? "is not a known word" : "\(ProblemLog.quoted(text)) is not known"),
        suggestion: wayOut ?? "known are \(ProblemLog.listed(words, "and"))")
    }
  }

  /// `, not …`, or nothing where the value may be a secret.
  private func butIs(_ node: DocumentNode, _ key: ConfigurationKey) -> String {
    if ConfigurationSchema.isSecret(key.type) || node.scalar?.isFromEnvironment == true { return "" }
    return ", not \(Self.kind(of: node))"
  }

  /// A value as messages show it; a text out of the environment only as a text.
  static func kind(of node: DocumentNode) -> String {
    switch node.content {
    case .null: "nothing"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar):
      if scalar.isFromEnvironment {
        "a text"
      } else if scalar.isPlain, node.number != nil || node.boolean != nil {
        scalar.text
      } else {
        ProblemLog.quoted(scalar.text)
      }
    }
  }

  private static func kind(of type: ConfigurationKey.ValueType) -> String {
    switch type {
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .choice(let words, _) where words.count <= 6: ProblemLog.listed(words.filter { !$0.isEmpty })
    case .duration: "a duration such as 60s or 1m30s"
    case .positiveDuration: "a duration above 0 such as 60s or 1m30s"
    case .size: "a size above 0 such as 64M or 1G"
    case .either(let words, let other): "\(kind(of: other)), or \(ProblemLog.listed(words))"
    case .tokenCount: "a token count such as 4096 or 4K"
    default: "a text"
    }
  }
}
