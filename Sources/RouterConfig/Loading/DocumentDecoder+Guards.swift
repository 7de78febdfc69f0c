/// Rules that guard, and those that compare with examples.
extension DocumentDecoder {
  /// Examples that a rule may have.
  private static let exampleLimit = 1_000

  mutating func jailbreak(_ node: DocumentNode?, at path: DocumentPath) -> [JailbreakRule] {
    var rules: [JailbreakRule] = []
    for (element, rulePath) in each(node, at: path) {
      var rule = JailbreakRule(name: element["name"]?.text ?? "")
      if element["method"]?.text == "contrastive" { rule.method = .contrastive }
      rule.threshold = threshold(element["threshold"])
      if let includes = element["include_history"]?.boolean { rule.includesHistory = includes }
      rule.attacks = examples(element["jailbreak_patterns"], at: rulePath + .key("jailbreak_patterns"))
      rule.benign = examples(element["benign_patterns"], at: rulePath + .key("benign_patterns"))
      switch rule.method {
      case .contrastive:
        for (key, examples) in [("jailbreak_patterns", rule.attacks), ("benign_patterns", rule.benign)]
        where examples.isEmpty {
          log.error(
            rulePath + .key(key), .predicate("is missing or empty"),
            suggestion: "method contrastive compares with examples of both kinds")
        }
      case .classifier:
        if element["method"]?.text == "hybrid" {
          log.warning(
            rulePath + .key("method"), .predicate("hybrid is read as classifier"),
            suggestion: "declare a second rule with method: contrastive, and both in an OR")
        } else if !(rule.attacks.isEmpty && rule.benign.isEmpty) {
          log.warning(
            rulePath, .predicate("has patterns, which only method contrastive reads"),
            suggestion: "write method: contrastive, or remove them")
        }
      }
      rules.append(rule)
    }
    return rules
  }

  mutating func personalData(_ node: DocumentNode?, at path: DocumentPath) -> [PersonalDataRule] {
    var rules: [PersonalDataRule] = []
    for (element, rulePath) in each(node, at: path) {
      var rule = PersonalDataRule(name: element["name"]?.text ?? "", threshold: threshold(element["threshold"]))
      if let includes = element["include_history"]?.boolean { rule.includesHistory = includes }
      let allowed = element["pii_types_allowed"]?.elements ?? []
      for (index, type) in allowed.enumerated() {
        guard let text = type.text else { continue }
        // Labels of a token classifier are taken as they stand in its list.
        var name = text.uppercased()
        if name.hasPrefix("B-") || name.hasPrefix("I-") { name.removeFirst(2) }
        if !PersonalDataRule.types.contains(name) {
          log.warning(
            rulePath + .key("pii_types_allowed") + .index(index),
            .clause("\(ProblemLog.quoted(text)) is no type of personal data, so it allows nothing"),
            suggestion: Suggestion.nearest(to: name, among: PersonalDataRule.types).map { "did you mean \($0)?" }
              ?? "they are \(ProblemLog.listed(PersonalDataRule.types, "and"))")
        }
        rule.allowedTypes.append(name)
      }
      rules.append(rule)
    }
    return rules
  }

  mutating func embeddings(_ node: DocumentNode?, at path: DocumentPath) -> [EmbeddingRule] {
    var rules: [EmbeddingRule] = []
    for (element, rulePath) in each(node, at: path) {
      var rule = EmbeddingRule(
        name: element["name"]?.text ?? "", threshold: element["threshold"]?.number ?? 0,
        candidates: examples(element["candidates"], at: rulePath + .key("candidates")))
      if let aggregation = element["aggregation_method"]?.text.flatMap(EmbeddingRule.Aggregation.init) {
        rule.aggregation = aggregation
      }
      if element["candidates"]?.elements?.isEmpty == true {
        log.error(rulePath + .key("candidates"), .predicate("must not be empty"))
      }
      rules.append(rule)
    }
    return rules
  }

  /// Upstream writes 0 for a threshold that is left out.
  private func threshold(_ node: DocumentNode?) -> Double? {
    guard let number = node?.number, number > 0 else { return nil }
    return number
  }

  private mutating func examples(_ node: DocumentNode?, at path: DocumentPath) -> [String] {
    let elements = node?.elements ?? []
    if elements.count > Self.exampleLimit {
      log.error(path, .predicate("has \(elements.count) entries; \(Self.exampleLimit) is the most"))
    }
    for (index, element) in elements.enumerated() where element.text?.isEmpty == true {
      log.error(path + .index(index), .predicate("must not be empty"))
    }
    return node?.texts ?? []
  }
}
