import Testing

@testable import RouterConfig

@Suite("The reference") struct ReferenceTests {
  @Test("docs/configuration.md is what the table says")
  func file() throws {
    let isCurrent = try Samples.text("docs/configuration.md") == ConfigurationReference.markdown()
    #expect(isCurrent, "run: switchyard config reference > docs/configuration.md")
  }

  @Test("no key stands twice, and every key has its parent")
  func keys() {
    let paths = ConfigurationSchema.keys.map(\.path)
    #expect(Set(paths).count == paths.count)
    for path in paths {
      guard let dot = path.lastIndex(of: ".") else { continue }
      var parent = String(path[..<dot])
      if parent.hasSuffix("[]") { parent = String(parent.dropLast(2)) }
      if parent.hasSuffix(".*") { parent = String(parent.dropLast(2)) }
      #expect(ConfigurationSchema.keyByPath[parent] != nil, "\(path) has no parent in the table")
    }
    for path in ConfigurationSchema.removedKeys.keys {
      #expect(ConfigurationSchema.keyByPath[path] == nil, "\(path) is both a key and removed")
    }
  }

  @Test("defaults of the table are those of the values")
  func defaults() {
    let rule = KeywordRule(name: "", keywords: [])
    let global = GlobalSettings()
    let backend = BackendReference(name: "", host: "", port: 0)
    let expected: [String: String] = [
      "routing.signals.keywords[].operator": rule.op.rawValue,
      "routing.signals.keywords[].case_sensitive": "\(rule.isCaseSensitive)",
      "routing.signals.keywords[].fuzzy_threshold": "\(rule.fuzzyThreshold)",
      "routing.signals.keywords[].bm25_threshold": "\(rule.bm25Threshold)",
      "routing.signals.keywords[].ngram_threshold": "\(rule.ngramThreshold)",
      "routing.signals.keywords[].ngram_arity": "\(rule.ngramArity)",
      "routing.signals.language[].threshold": "\(LanguageRule(name: "en").threshold)",
      "routing.signals.context[].min_tokens": "\(ContextRule(name: "c").minTokens)",
      "routing.decisions[].priority": "\(Decision(name: "d").priority)",
      "routing.decisions[].tier": "\(Decision(name: "d").tier)",
      "routing.decisions[].algorithm": Decision(name: "d").algorithm,
      "routing.decisions[].modelRefs[].use_reasoning": "\(ModelRef(model: "m").useReasoning)",
      "routing.decisions[].plugins[].configuration.mode": SystemPromptPlugin(prompt: "").mode.rawValue,
      "providers.models[].backend_refs[].weight": "\(backend.weight)",
      "providers.models[].backend_refs[].auth_header": backend.authHeader,
      "providers.models[].backend_refs[].auth_prefix": backend.authPrefix,
      "providers.models[].pricing.currency": ModelPricing().currency,
      "global.router.strategy": global.strategy.rawValue,
      "global.services.management_api.bind_address": global.managementAddress,
      "global.services.management_api.port": "\(global.managementPort)",
      "global.model_catalog.modules.classifier.domain.threshold": "\(global.domainThreshold)",
      "global.model_catalog.modules.classifier.domain.fallback_category": global.fallbackCategory,
    ]
    for (path, value) in expected {
      #expect(ConfigurationSchema.keyByPath[path]?.defaultValue == value, "\(path)")
    }
  }
}
