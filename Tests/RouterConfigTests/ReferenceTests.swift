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
    let tls = ListenerTLS(certificateFile: "", keyFile: "")
    let cors = CORSPolicy(allowedOrigins: [])
    let reliability = ReliabilitySettings.defaults
    let path = "providers.models[].reliability"
    func text(_ limit: Duration?) -> String { limit.map(Quantity.text) ?? "none" }
    func listed(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: ", ") }
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
      "listeners[].trust_forwarded": "\(Listener(name: "", address: "", port: 0).trustsForwarded)",
      "listeners[].tls.min_version": tls.minimumVersion.rawValue,
      "listeners[].tls.alpn": listed(tls.applicationProtocols),
      "listeners[].cors.allow_methods": listed(cors.allowedMethods),
      "listeners[].cors.allow_headers": listed(cors.allowedHeaders),
      "listeners[].cors.expose_headers": listed(cors.exposedHeaders),
      "listeners[].cors.allow_credentials": "\(cors.allowsCredentials)",
      "listeners[].cors.max_age": Quantity.text(of: cors.maxAge),
      "\(path).connect_timeout": Quantity.text(of: reliability.connectTimeout),
      "\(path).first_byte_timeout": text(reliability.firstByteTimeout),
      "\(path).prefill_timeout": text(reliability.prefillTimeout),
      "\(path).idle_timeout": text(reliability.idleTimeout),
      "\(path).total_timeout": text(reliability.totalTimeout),
      "\(path).retry_count": "\(reliability.retryCount)",
      "\(path).retry_budget_percent": "\(reliability.retryBudgetPercent)",
      "\(path).consecutive_5xx": "\(reliability.consecutiveFailures)",
      "\(path).success_rate_ejection": "\(reliability.ejectsBySuccessRate)",
      "\(path).base_ejection_time": Quantity.text(of: reliability.baseEjectionTime),
      "\(path).max_ejection_time": Quantity.text(of: reliability.maxEjectionTime),
      "\(path).max_ejection_percent": "\(reliability.maxEjectionPercent)",
      "\(path).slow_start": text(reliability.slowStart),
      "\(path).health_check_path": reliability.healthCheckPath,
      "\(path).health_check_interval": Quantity.text(of: reliability.healthCheckInterval),
      "\(path).health_check_timeout": Quantity.text(of: reliability.healthCheckTimeout),
      "\(path).max_connections": "\(reliability.maxConnections)",
      "\(path).max_pending": "\(reliability.maxPending)",
      "\(path).max_requests": reliability.maxRequests.map { "\($0)" } ?? "none",
      "\(path).min_idle_connections": "\(reliability.minIdleConnections)",
      "\(path).connection_idle_timeout": reliability.connectionIdleTimeout == nil ? "auto" : "some",
      "\(path).hedge_after": reliability.hedgeAfter == nil ? "none" : "some",
      "global.gateway.max_requests": "\(global.gateway.maxRequests)",
      "global.gateway.max_buffered_bytes": Quantity.text(ofBytes: global.gateway.maxBufferedBytes),
      "global.gateway.max_connections": "\(global.gateway.maxConnections)",
      "global.gateway.body_limit": Quantity.text(ofBytes: global.gateway.bodyLimit),
      "global.gateway.upload_limit": Quantity.text(ofBytes: global.gateway.uploadLimit),
      "global.gateway.priority_header": global.gateway.priorityHeader,
      "global.gateway.prefix_blocks": "\(global.gateway.prefixBlocks)",
    ]
    // Written as people say them, which need not be as the writer does.
    let durations: [String: Duration?] = [
      "global.gateway.drain_timeout": global.gateway.drainTimeout,
      "global.gateway.client_idle_timeout": global.gateway.clientIdleTimeout,
      "global.gateway.request_read_timeout": global.gateway.requestReadTimeout,
    ]
    for (path, value) in durations {
      #expect(ConfigurationSchema.keyByPath[path]?.defaultValue.flatMap(Quantity.duration) == value, "\(path)")
    }
    for (path, value) in expected {
      #expect(ConfigurationSchema.keyByPath[path]?.defaultValue == value, "\(path)")
    }
  }
}
