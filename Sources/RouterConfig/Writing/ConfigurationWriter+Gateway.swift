/// The parts of a document that concern the gateway: TLS and CORS of listeners, the reliability of models, limits.
extension ConfigurationWriter {
  func tls(_ tls: ListenerTLS) -> DocumentNode {
    let usual = ListenerTLS(certificateFile: "", keyFile: "", clientCAFile: tls.clientCAFile)
    var fields = Fields()
    fields.add("cert_file", text(tls.certificateFile))
    fields.add("key_file", text(tls.keyFile))
    fields.add("client_ca_file", tls.clientCAFile.map(text))
    if tls.clientAuthentication != usual.clientAuthentication {
      fields.add("client_auth", text(tls.clientAuthentication.rawValue))
    }
    if tls.minimumVersion != usual.minimumVersion { fields.add("min_version", text(tls.minimumVersion.rawValue)) }
    if tls.applicationProtocols != usual.applicationProtocols {
      fields.add("alpn", list(tls.applicationProtocols.map(text)))
    }
    return mapping(fields.pairs)
  }

  func cors(_ policy: CORSPolicy) -> DocumentNode {
    let usual = CORSPolicy(allowedOrigins: policy.allowedOrigins)
    var fields = Fields()
    fields.add("allow_origins", list(policy.allowedOrigins.map(text)))
    if policy.allowedMethods != usual.allowedMethods {
      fields.add("allow_methods", list(policy.allowedMethods.map(text)))
    }
    if policy.allowedHeaders != usual.allowedHeaders {
      fields.add("allow_headers", list(policy.allowedHeaders.map(text)))
    }
    if policy.exposedHeaders != usual.exposedHeaders {
      fields.add("expose_headers", list(policy.exposedHeaders.map(text)))
    }
    if policy.allowsCredentials { fields.add("allow_credentials", boolean(true)) }
    if policy.maxAge != usual.maxAge { fields.add("max_age", duration(policy.maxAge)) }
    return mapping(fields.pairs)
  }

  /// The endpoints that are not the usual ones of the host.
  func cacheEvents(_ endpoints: CacheEventEndpoints, host: String) -> DocumentNode {
    let usual = CacheEventEndpoints(host: host)
    var fields = Fields()
    if endpoints.publisher != usual.publisher { fields.add("endpoint", text(endpoints.publisher)) }
    if endpoints.replay != usual.replay { fields.add("replay_endpoint", text(endpoints.replay ?? "none")) }
    return mapping(fields.pairs)
  }

  /// What all models share where there are several, so that it is written once.
  static func sharedReliability(of models: [ProviderModel]) -> ReliabilitySettings {
    guard models.count > 1, let first = models.first?.reliability,
      models.allSatisfy({ $0.reliability == first })
    else { return .defaults }
    return first
  }

  /// The keys in which settings differ from those that hold without them; nil when there are none.
  func reliability(_ settings: ReliabilitySettings, over usual: ReliabilitySettings) -> DocumentNode? {
    var fields = Fields()
    func add<Value: Equatable>(
      _ key: String, _ value: KeyPath<ReliabilitySettings, Value>, _ node: (Value) -> DocumentNode
    ) {
      if settings[keyPath: value] != usual[keyPath: value] { fields.add(key, node(settings[keyPath: value])) }
    }
    add("connect_timeout", \.connectTimeout, duration)
    add("first_byte_timeout", \.firstByteTimeout, limit)
    add("prefill_timeout", \.prefillTimeout, limit)
    add("idle_timeout", \.idleTimeout, limit)
    add("total_timeout", \.totalTimeout, limit)
    add("retry_count", \.retryCount, number)
    add("retry_budget_percent", \.retryBudgetPercent, number)
    add("consecutive_5xx", \.consecutiveFailures, number)
    add("success_rate_ejection", \.ejectsBySuccessRate, boolean)
    add("base_ejection_time", \.baseEjectionTime, duration)
    add("max_ejection_time", \.maxEjectionTime, duration)
    add("max_ejection_percent", \.maxEjectionPercent, number)
    add("slow_start", \.slowStart, duration)
    add("health_check_path", \.healthCheckPath, text)
    add("health_check_interval", \.healthCheckInterval, duration)
    add("health_check_timeout", \.healthCheckTimeout, duration)
    add("max_connections", \.maxConnections, number)
    add("max_pending", \.maxPending, number)
    add("max_requests", \.maxRequests) { $0.map(number) ?? text("none") }
    add("min_idle_connections", \.minIdleConnections, number)
    add("connection_idle_timeout", \.connectionIdleTimeout) { $0.map(duration) ?? text("auto") }
    add("hedge_after", \.hedgeAfter) { delay in
      switch delay {
      case .after(let time): duration(time)
      case .firstByteP95: text("p95")
      case nil: text("none")
      }
    }
    return fields.pairs.isEmpty ? nil : mapping(fields.pairs)
  }

  static func sharedBalancing(of models: [ProviderModel]) -> BalancingSettings {
    guard models.count > 1, let first = models.first?.balancing, models.allSatisfy({ $0.balancing == first }) else {
      return BalancingSettings()
    }
    return first
  }

  /// The keys in which settings differ from those that hold without them; nil when there are none.
  func balancing(_ settings: BalancingSettings, over usual: BalancingSettings) -> DocumentNode? {
    var fields = Fields()
    if settings.strategy != usual.strategy { fields.add("strategy", settings.strategy.map(text)) }
    if settings.lockedStrategy != usual.lockedStrategy {
      fields.add("locked_strategy", settings.lockedStrategy.map(text))
    }
    if settings.isAuthoritative != usual.isAuthoritative {
      fields.add("authoritative", boolean(settings.isAuthoritative))
    }
    if settings.profiles != usual.profiles {
      fields.add(
        "profiles", mapping(settings.profiles.sorted { $0.key < $1.key }.map { ($0.key, profile($0.value)) }))
    }
    if settings.defaultProfile != usual.defaultProfile {
      fields.add("default_profile", settings.defaultProfile.map(text))
    }
    if settings.firstTokenTarget != usual.firstTokenTarget {
      fields.add("first_token_target", settings.firstTokenTarget.map(duration))
    }
    if settings.requestsPerSecond != usual.requestsPerSecond {
      fields.add("requests_per_second", settings.requestsPerSecond.map(number))
    }
    fields.add("kv_events", residency(settings.residency, over: usual.residency))
    return fields.pairs.isEmpty ? nil : mapping(fields.pairs)
  }

  private func profile(_ profile: BalancingProfile) -> DocumentNode {
    if profile.isStrategyAlone, let strategy = profile.strategy { return text(strategy) }
    var fields = Fields()
    fields.add("strategy", profile.strategy.map(text))
    fields.add("prompt_tokens_gte", profile.promptTokens.atLeast.map(number))
    fields.add("prompt_tokens_lt", profile.promptTokens.below.map(number))
    fields.add("max_tokens_gte", profile.maxTokens.atLeast.map(number))
    fields.add("max_tokens_lt", profile.maxTokens.below.map(number))
    fields.add("requests_per_second", profile.requestsPerSecond.map(number))
    return mapping(fields.pairs)
  }

  private func residency(_ settings: ResidencySettings, over usual: ResidencySettings) -> DocumentNode? {
    guard settings != usual else { return nil }
    var fields = Fields()
    fields.add("exact", boolean(settings.isExact))
    // What else is set does nothing, and may not be written, where it is not exact.
    guard settings.isExact else { return mapping(fields.pairs) }
    if settings.tokenizeTimeout != usual.tokenizeTimeout {
      fields.add("tokenize_timeout", duration(settings.tokenizeTimeout))
    }
    var tiers = Fields()
    if settings.cpuTier != usual.cpuTier { tiers.add("cpu", number(settings.cpuTier)) }
    if settings.diskTier != usual.diskTier { tiers.add("disk", number(settings.diskTier)) }
    if !tiers.pairs.isEmpty { fields.add("tiers", mapping(tiers.pairs)) }
    return mapping(fields.pairs)
  }

  /// The limits that are not the usual ones.
  func gateway(_ limits: GatewayLimits) -> [(String, DocumentNode)] {
    let usual = GatewayLimits()
    var fields = Fields()
    func add<Value: Equatable>(
      _ key: String, _ value: KeyPath<GatewayLimits, Value>, _ node: (Value) -> DocumentNode
    ) {
      if limits[keyPath: value] != usual[keyPath: value] { fields.add(key, node(limits[keyPath: value])) }
    }
    add("max_requests", \.maxRequests, number)
    add("max_buffered_bytes", \.maxBufferedBytes, size)
    add("max_connections", \.maxConnections, number)
    add("body_limit", \.bodyLimit, size)
    add("upload_limit", \.uploadLimit, size)
    add("drain_timeout", \.drainTimeout, duration)
    add("client_idle_timeout", \.clientIdleTimeout, limit)
    add("request_read_timeout", \.requestReadTimeout, limit)
    add("priority_header", \.priorityHeader, text)
    add("aibrix_compat", \.compatibility) { text($0.rawValue) }
    add("unknown_model_status", \.unknownModelStatus, number)
    add("prefix_blocks", \.prefixBlocks, number)
    fields.add("endpoints_file", limits.endpointsFile.map(text))
    fields.add("users", limits.usersFile.map { users(in: $0, limits.usersTokenVariable) })
    return fields.pairs
  }

  private func users(in file: String, _ tokenVariable: String?) -> DocumentNode {
    var fields = Fields()
    fields.add("file", text(file))
    fields.add("token_env", tokenVariable.map(text))
    return mapping(fields.pairs)
  }

  // MARK: Nodes

  func duration(_ value: Duration) -> DocumentNode { text(Quantity.text(of: value)) }
  func limit(_ value: Duration?) -> DocumentNode { value.map(duration) ?? text("none") }
  func size(_ value: Int) -> DocumentNode { text(Quantity.text(ofBytes: value)) }
}
