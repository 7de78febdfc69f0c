extension DocumentDecoder {
  mutating func signals(_ node: DocumentNode?, at path: DocumentPath) -> SignalDeclarations {
    SignalDeclarations(
      keywords: keywords(node?["keywords"], at: path + .key("keywords")),
      domains: domains(node?["domains"], at: path + .key("domains")),
      language: language(node?["language"], at: path + .key("language")),
      context: context(node?["context"], at: path + .key("context")),
      structure: structure(node?["structure"], at: path + .key("structure")),
      conversation: conversation(node?["conversation"], at: path + .key("conversation")),
      metadata: metadata(node?["metadata"], at: path + .key("metadata")),
      jailbreak: jailbreak(node?["jailbreak"], at: path + .key("jailbreak")),
      pii: personalData(node?["pii"], at: path + .key("pii")),
      embeddings: embeddings(node?["embeddings"], at: path + .key("embeddings")))
  }

  // MARK: Of the text

  private mutating func keywords(_ node: DocumentNode?, at path: DocumentPath) -> [KeywordRule] {
    var rules: [KeywordRule] = []
    for (element, rulePath) in each(node, at: path) {
      var rule = KeywordRule(name: element["name"]?.text ?? "", keywords: element["keywords"]?.texts ?? [])
      if let op = element["operator"]?.text.flatMap({ KeywordRule.Operator(rawValue: $0.uppercased()) }) {
        rule.op = op
      }
      if let isSensitive = element["case_sensitive"]?.boolean { rule.isCaseSensitive = isSensitive }
      if let method = element["method"]?.text.flatMap(KeywordRule.Method.init) { rule.method = method }
      if element["fuzzy_match"]?.boolean == true {
        if rule.method == .literal || rule.method == .fuzzy {
          rule.method = .fuzzy
        } else {
          log.warning(
            rulePath + .key("fuzzy_match"), .predicate("has no effect besides method: \(rule.method.rawValue)"),
            suggestion: "choose one of the two")
        }
      }
      if let threshold = element["fuzzy_threshold"]?.integer { rule.fuzzyThreshold = threshold }
      if let threshold = element["bm25_threshold"]?.number { rule.bm25Threshold = threshold }
      if let threshold = element["ngram_threshold"]?.number { rule.ngramThreshold = threshold }
      if let arity = element["ngram_arity"]?.integer { rule.ngramArity = arity }
      if element["keywords"]?.elements?.isEmpty == true {
        log.error(rulePath + .key("keywords"), .predicate("must not be empty"))
      }
      for (index, keyword) in (element["keywords"]?.elements ?? []).enumerated() where keyword.text?.isEmpty == true {
        log.error(rulePath + .key("keywords") + .index(index), .predicate("must not be empty"))
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func domains(_ node: DocumentNode?, at path: DocumentPath) -> [DomainRule] {
    var rules: [DomainRule] = []
    for (element, rulePath) in each(node, at: path) {
      let name = element["name"]?.text ?? ""
      var labels: [DomainLabel] = []
      let categories = element["mmlu_categories"]?.elements ?? []
      for (index, category) in categories.enumerated() {
        guard let text = category.text else { continue }
        if let label = DomainLabel(documentName: text) {
          if !labels.contains(label) { labels.append(label) }
        } else {
          let names = DomainLabel.allCases.map(\.rawValue)
          log.error(
            rulePath + .key("mmlu_categories") + .index(index),
            .clause("\(ProblemLog.quoted(text)) is not one of the 14 categories"),
            suggestion: Suggestion.nearest(to: text, among: names).map { "did you mean \($0)?" }
              ?? "they are \(ProblemLog.listed(names, "and"))")
        }
      }
      if categories.isEmpty, !name.isEmpty {
        if let label = DomainLabel(documentName: name) {
          labels = [label]
        } else {
          log.warning(
            rulePath, .predicate("never matches: it lists no mmlu_categories and is not one of the 14 itself"),
            suggestion: "list those that mean it")
        }
      }
      rules.append(DomainRule(name: name, description: element["description"]?.text ?? "", labels: labels))
    }
    return rules
  }

  private mutating func language(_ node: DocumentNode?, at path: DocumentPath) -> [LanguageRule] {
    var rules: [LanguageRule] = []
    for (element, rulePath) in each(node, at: path) {
      var rule = LanguageRule(name: element["name"]?.text ?? "")
      if let threshold = element["threshold"]?.number { rule.threshold = threshold }
      if !rule.name.isEmpty, !LanguageCodes.iso639.contains(rule.name) {
        // `eng`, `EN` and `en-US` begin with the code that was meant; longer words say nothing of it.
        let isNearly = rule.name.count <= 3 || rule.name.dropFirst(2).first.map { $0 == "-" || $0 == "_" } == true
        let lowercased = isNearly ? String(rule.name.lowercased().prefix(2)) : ""
        log.error(
          rulePath + .key("name"),
          .clause("\(ProblemLog.quoted(rule.name)) is not an ISO 639-1 code"),
          suggestion: LanguageCodes.iso639.contains(lowercased)
            ? "did you mean \(lowercased)?" : "write two small letters such as en")
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func context(_ node: DocumentNode?, at path: DocumentPath) -> [ContextRule] {
    var rules: [ContextRule] = []
    for (element, rulePath) in each(node, at: path) {
      let rule = ContextRule(
        name: element["name"]?.text ?? "", minTokens: element["min_tokens"]?.text.flatMap(Quantity.tokens) ?? 0,
        maxTokens: element["max_tokens"]?.text.flatMap { $0.isEmpty ? nil : Quantity.tokens($0) })
      if let most = rule.maxTokens, most < rule.minTokens {
        log.error(
          rulePath + .key("max_tokens"), .predicate("must not be less than min_tokens (\(rule.minTokens))"))
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func structure(_ node: DocumentNode?, at path: DocumentPath) -> [StructureRule] {
    var rules: [StructureRule] = []
    for (element, rulePath) in each(node, at: path) {
      guard let feature = element["feature"], let type = feature["type"]?.text.flatMap(StructureRule.FeatureType.init),
        let source = feature["source"], let kind = source["type"]?.text
      else { continue }
      let sourcePath = rulePath + .key("feature") + .key("source")
      let isSensitive = source["case_sensitive"]?.boolean ?? false
      let decoded: StructureRule.Source
      switch kind {
      case "regex":
        guard let pattern = source["pattern"]?.text else {
          needs(sourcePath, "pattern", "regex")
          continue
        }
        decoded = .regex(pattern: pattern)
      case "keyword_set":
        guard let keywords = source["keywords"]?.texts, !keywords.isEmpty else {
          needs(sourcePath, "keywords", "keyword_set")
          continue
        }
        decoded = .keywordSet(keywords: keywords, isCaseSensitive: isSensitive)
      case "sequence":
        let lists = source["sequences"]?.elements ?? []
        guard lists.allSatisfy({ $0.elements != nil }) else { continue }
        let sequences = lists.compactMap(\.texts)
        guard !sequences.isEmpty, sequences.allSatisfy({ !$0.isEmpty }) else {
          needs(sourcePath, "sequences", "sequence")
          continue
        }
        decoded = .sequence(sequences: sequences, isCaseSensitive: isSensitive)
      case "text_bytes": decoded = .textBytes
      default: continue
      }
      if (type == .sequence) != (kind == "sequence") {
        log.error(
          rulePath + .key("feature") + .key("type"),
          .predicate("\(type.rawValue) does not go with a source of type \(kind)"),
          suggestion: "the feature and the source are either both sequence or neither")
        continue
      }
      rules.append(
        StructureRule(
          name: element["name"]?.text ?? "", feature: type, source: decoded,
          predicate: predicate(element["predicate"], at: rulePath + .key("predicate"))))
    }
    return rules
  }

  private mutating func needs(_ path: DocumentPath, _ key: String, _ type: String) {
    log.error(path + .key(key), .predicate("is missing or empty, and a source of type \(type) needs it"))
  }

  // MARK: Of the envelope

  private mutating func conversation(_ node: DocumentNode?, at path: DocumentPath) -> [ConversationRule] {
    var rules: [ConversationRule] = []
    for (element, rulePath) in each(node, at: path) {
      guard let feature = element["feature"],
        let type = feature["type"]?.text.flatMap(ConversationRule.FeatureType.init),
        let source = feature["source"], let kind = source["type"]?.text
      else { continue }
      let decoded: ConversationRule.Source
      switch kind {
      case "message": decoded = .message(role: source["role"]?.text)
      case "tool_definition": decoded = .toolDefinition
      case "assistant_tool_call": decoded = .assistantToolCall
      case "assistant_tool_cycle": decoded = .assistantToolCycle
      case "active_tool_loop": decoded = .activeToolLoop
      case "image_content": decoded = .imageContent
      default: continue
      }
      if kind != "message", source["role"] != nil {
        log.error(
          rulePath + .key("feature") + .key("source") + .key("role"),
          .predicate("goes with the type message, not with \(kind)"), suggestion: "remove it")
      }
      rules.append(
        ConversationRule(
          name: element["name"]?.text ?? "", feature: type, source: decoded,
          predicate: predicate(element["predicate"], at: rulePath + .key("predicate"))))
    }
    return rules
  }

  private mutating func metadata(_ node: DocumentNode?, at path: DocumentPath) -> [MetadataRule] {
    var rules: [MetadataRule] = []
    for (element, rulePath) in each(node, at: path) {
      guard let predicate = element["predicate"], predicate.entries != nil else { continue }
      var tests: [MetadataRule.Predicate] = []
      if let text = predicate["equals"]?.text { tests.append(.equals(text)) }
      if let texts = predicate["in"]?.texts { tests.append(.isIn(texts)) }
      if let exists = predicate["exists"]?.boolean { tests.append(.exists(exists)) }
      guard tests.count == 1, let test = tests.first else {
        log.error(
          rulePath + .key("predicate"), .predicate("must have one of equals, in and exists, not \(tests.count)"))
        continue
      }
      rules.append(
        MetadataRule(name: element["name"]?.text ?? "", key: element["key"]?.text ?? "", predicate: test))
    }
    return rules
  }

  // MARK: Predicates

  /// Bounds on a number; nil when the document has none.
  mutating func predicate(_ node: DocumentNode?, at path: DocumentPath) -> NumericPredicate? {
    guard let node, node.entries != nil else { return nil }
    let predicate = NumericPredicate(
      gt: node["gt"]?.number, gte: node["gte"]?.number, lt: node["lt"]?.number, lte: node["lte"]?.number)
    if (node.entries ?? []).allSatisfy({ $0.value.isNull }) {
      log.error(path, .predicate("has no bound"), suggestion: "write gt, gte, lt or lte")
    } else if !predicate.isSatisfiable {
      log.error(path, .predicate("holds for no number"), suggestion: "the lower bound must be below the upper one")
    }
    return predicate
  }
}

extension NumericPredicate {
  /// Whether some number is within all bounds.
  var isSatisfiable: Bool {
    for (lower, isStrict) in [(gt, true), (gte, false)] {
      for (upper, isUpperStrict) in [(lt, true), (lte, false)] {
        guard let lower, let upper else { continue }
        if isStrict || isUpperStrict ? lower >= upper : lower > upper { return false }
      }
    }
    return true
  }
}

extension DomainLabel {
  /// Documents write labels in any letter case and with underscores or hyphens for spaces.
  init?(documentName: String) {
    self.init(rawValue: String(documentName.lowercased().map { $0 == "_" || $0 == "-" ? " " : $0 }))
  }
}
