/// How replicas are picked, resolved over what holds for all models.
extension DocumentDecoder {
  /// The settings of a block over those that hold without it.
  ///
  /// - Parameter reliability: the block beside it; its `lb_policy` names a strategy too, in the words of the semantic
  ///   router's Envoy.
  mutating func balancing(
    _ node: DocumentNode?, besides reliability: DocumentNode?, over inherited: BalancingSettings,
    at path: DocumentPath
  ) -> BalancingSettings {
    var settings = inherited
    if reliability?["lb_policy"]?.text == "least_request" { settings.strategy = "least-request" }
    guard let node, node.entries != nil else { return settings }
    settings.strategy = Self.filled(node["strategy"]) ?? settings.strategy
    settings.lockedStrategy = Self.filled(node["locked_strategy"]) ?? settings.lockedStrategy
    settings.isAuthoritative = node["authoritative"]?.boolean ?? settings.isAuthoritative
    for entry in node["profiles"]?.entries ?? [] {
      settings.profiles[entry.key] = profile(
        entry.value, named: entry.key, at: path + .key("profiles") + .key(entry.key))
    }
    settings.defaultProfile = Self.filled(node["default_profile"]) ?? settings.defaultProfile
    settings.firstTokenTarget = node["first_token_target"]?.duration ?? settings.firstTokenTarget
    settings.requestsPerSecond = node["requests_per_second"]?.integer ?? settings.requestsPerSecond
    settings.residency = residency(node["kv_events"], over: settings.residency, at: path + .key("kv_events"))
    if let profile = settings.defaultProfile, profile != BalancingProfile.automaticName,
      settings.profiles[profile] == nil
    {
      log.error(
        path + .key("default_profile"), .predicate("names no profile: \(ProblemLog.quoted(profile))"),
        suggestion: settings.profiles.isEmpty
          ? "write profiles: {\(profile): least-ttft}"
          : "write one of \(settings.profiles.keys.sorted().joined(separator: ", "))")
      settings.defaultProfile = nil
    }
    return settings
  }

  private mutating func profile(
    _ node: DocumentNode, named name: String, at path: DocumentPath
  ) -> BalancingProfile {
    if name == BalancingProfile.automaticName {
      log.error(
        path, .clause("a profile cannot be called auto, which stands for the one that fits the request"),
        suggestion: "give the profile another name")
    }
    guard node.entries != nil else { return BalancingProfile(Self.filled(node)) }
    func span(_ what: String) -> TokenSpan {
      let span = TokenSpan(atLeast: node["\(what)_gte"]?.integer, below: node["\(what)_lt"]?.integer)
      if span.isEmpty {
        log.error(
          path + .key("\(what)_lt"), .predicate("must be above \(what)_gte: no request has so many tokens"),
          suggestion: "write a greater number")
      }
      return span
    }
    return BalancingProfile(
      Self.filled(node["strategy"]), promptTokens: span("prompt_tokens"), maxTokens: span("max_tokens"),
      requestsPerSecond: node["requests_per_second"]?.integer)
  }

  private mutating func residency(
    _ node: DocumentNode?, over inherited: ResidencySettings, at path: DocumentPath
  ) -> ResidencySettings {
    var settings = inherited
    guard let node, node.entries != nil else { return settings }
    settings.isExact = node["exact"]?.boolean ?? settings.isExact
    settings.tokenizeTimeout = node["tokenize_timeout"]?.duration ?? settings.tokenizeTimeout
    settings.cpuTier = node["tiers"]?["cpu"]?.number ?? settings.cpuTier
    settings.diskTier = node["tiers"]?["disk"]?.number ?? settings.diskTier
    for key in ["tokenize_timeout", "tiers"] where node[key] != nil && !settings.isExact {
      log.error(
        path + .key(key), .predicate("does nothing without exact: true"), suggestion: "write exact: true beside it")
    }
    return settings
  }

  private static func filled(_ node: DocumentNode?) -> String? {
    guard let text = node?.text, !text.isEmpty else { return nil }
    return text
  }
}
