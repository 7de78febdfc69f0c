extension ConfigurationWriter {
  /// The families that have rules, in the order of the reference.
  func signalEntries(_ signals: SignalDeclarations) -> [(String, DocumentNode)] {
    var fields = Fields()
    func add<Rule>(_ key: String, _ rules: [Rule], _ node: (Rule) -> DocumentNode) {
      if !rules.isEmpty { fields.add(key, list(rules.map(node))) }
    }
    add("keywords", signals.keywords, keyword)
    add("domains", signals.domains, domain)
    add("language", signals.language) {
      mapping([("name", text($0.name)), ("threshold", number($0.threshold))])
    }
    add("context", signals.context, context)
    add("structure", signals.structure, structure)
    add("conversation", signals.conversation, conversation)
    add("metadata", signals.metadata, metadata)
    add("jailbreak", signals.jailbreak, jailbreak)
    add("pii", signals.pii, personalData)
    add("embeddings", signals.embeddings, embedding)
    return fields.pairs
  }

  private func keyword(_ rule: KeywordRule) -> DocumentNode {
    let usual = KeywordRule(name: "", keywords: [])
    var fields = Fields()
    fields.add("name", text(rule.name))
    fields.add("operator", text(rule.op.rawValue))
    fields.add("keywords", list(rule.keywords.map(text)))
    if rule.isCaseSensitive { fields.add("case_sensitive", boolean(true)) }
    if rule.method != .literal { fields.add("method", text(rule.method.rawValue)) }
    if rule.fuzzyThreshold != usual.fuzzyThreshold { fields.add("fuzzy_threshold", number(rule.fuzzyThreshold)) }
    if rule.bm25Threshold != usual.bm25Threshold { fields.add("bm25_threshold", number(rule.bm25Threshold)) }
    if rule.ngramThreshold != usual.ngramThreshold { fields.add("ngram_threshold", number(rule.ngramThreshold)) }
    if rule.ngramArity != usual.ngramArity { fields.add("ngram_arity", number(rule.ngramArity)) }
    return mapping(fields.pairs)
  }

  private func domain(_ rule: DomainRule) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(rule.name))
    fields.add("description", optional(rule.description))
    if !rule.labels.isEmpty { fields.add("mmlu_categories", list(rule.labels.map { text($0.rawValue) })) }
    return mapping(fields.pairs)
  }

  private func context(_ rule: ContextRule) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(rule.name))
    if rule.minTokens != 0 { fields.add("min_tokens", number(rule.minTokens)) }
    fields.add("max_tokens", rule.maxTokens.map(number))
    return mapping(fields.pairs)
  }

  private func structure(_ rule: StructureRule) -> DocumentNode {
    let source =
      switch rule.source {
      case .regex(let pattern): mapping([("type", text("regex")), ("pattern", text(pattern))])
      case .keywordSet(let keywords, let isSensitive):
        mapping([
          ("type", text("keyword_set")), ("keywords", list(keywords.map(text))),
          ("case_sensitive", boolean(isSensitive)),
        ])
      case .sequence(let sequences, let isSensitive):
        mapping([
          ("type", text("sequence")), ("sequences", list(sequences.map { list($0.map(text)) })),
          ("case_sensitive", boolean(isSensitive)),
        ])
      case .textBytes: mapping([("type", text("text_bytes"))])
      }
    return feature(rule.name, rule.feature.rawValue, source, rule.predicate)
  }

  private func conversation(_ rule: ConversationRule) -> DocumentNode {
    var fields = Fields()
    switch rule.source {
    case .message(let role):
      fields.add("type", text("message"))
      fields.add("role", role.map(text))
    case .toolDefinition: fields.add("type", text("tool_definition"))
    case .assistantToolCall: fields.add("type", text("assistant_tool_call"))
    case .assistantToolCycle: fields.add("type", text("assistant_tool_cycle"))
    case .activeToolLoop: fields.add("type", text("active_tool_loop"))
    case .imageContent: fields.add("type", text("image_content"))
    }
    return feature(rule.name, rule.feature.rawValue, mapping(fields.pairs), rule.predicate)
  }

  private func feature(
    _ name: String, _ type: String, _ source: DocumentNode, _ predicate: NumericPredicate?
  ) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(name))
    fields.add("feature", mapping([("type", text(type)), ("source", source)]))
    fields.add("predicate", predicate.map(self.predicate))
    return mapping(fields.pairs)
  }

  private func metadata(_ rule: MetadataRule) -> DocumentNode {
    let predicate =
      switch rule.predicate {
      case .equals(let value): ("equals", text(value))
      case .isIn(let values): ("in", list(values.map(text)))
      case .exists(let exists): ("exists", boolean(exists))
      }
    return mapping([("name", text(rule.name)), ("key", text(rule.key)), ("predicate", mapping([predicate]))])
  }

  private func jailbreak(_ rule: JailbreakRule) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(rule.name))
    if rule.method != .classifier { fields.add("method", text(rule.method.rawValue)) }
    fields.add("threshold", rule.threshold.map(number))
    if rule.includesHistory { fields.add("include_history", boolean(true)) }
    if !rule.attacks.isEmpty { fields.add("jailbreak_patterns", list(rule.attacks.map(text))) }
    if !rule.benign.isEmpty { fields.add("benign_patterns", list(rule.benign.map(text))) }
    return mapping(fields.pairs)
  }

  private func personalData(_ rule: PersonalDataRule) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(rule.name))
    fields.add("threshold", rule.threshold.map(number))
    if !rule.allowedTypes.isEmpty { fields.add("pii_types_allowed", list(rule.allowedTypes.map(text))) }
    if rule.includesHistory { fields.add("include_history", boolean(true)) }
    return mapping(fields.pairs)
  }

  private func embedding(_ rule: EmbeddingRule) -> DocumentNode {
    var fields = Fields()
    fields.add("name", text(rule.name))
    fields.add("threshold", number(rule.threshold))
    fields.add("candidates", list(rule.candidates.map(text)))
    if rule.aggregation != .mean { fields.add("aggregation_method", text(rule.aggregation.rawValue)) }
    return mapping(fields.pairs)
  }
}
