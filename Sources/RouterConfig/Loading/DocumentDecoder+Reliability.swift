/// The reliability of models, resolved over what holds for all of them.
extension DocumentDecoder {
  /// The settings of a block over those that hold without it.
  mutating func reliability(
    _ node: DocumentNode?, over inherited: ReliabilitySettings, at path: DocumentPath
  ) -> ReliabilitySettings {
    guard let node, node.entries != nil else { return inherited }
    var settings = inherited
    settings.retryCount = node["retry_count"]?.integer ?? settings.retryCount
    settings.retryBudgetPercent = node["retry_budget_percent"]?.integer ?? settings.retryBudgetPercent
    settings.consecutiveFailures = node["consecutive_5xx"]?.integer ?? settings.consecutiveFailures
    settings.ejectsBySuccessRate = node["success_rate_ejection"]?.boolean ?? settings.ejectsBySuccessRate
    settings.baseEjectionTime = node["base_ejection_time"]?.duration ?? settings.baseEjectionTime
    settings.maxEjectionTime = node["max_ejection_time"]?.duration ?? settings.maxEjectionTime
    settings.maxEjectionPercent = node["max_ejection_percent"]?.integer ?? settings.maxEjectionPercent
    if let limit = node["slow_start"]?.limit { settings.slowStart = limit ?? .zero }
    settings.healthCheckInterval = node["health_check_interval"]?.duration ?? settings.healthCheckInterval
    settings.healthCheckTimeout = node["health_check_timeout"]?.duration ?? settings.healthCheckTimeout
    settings.connectTimeout = node["connect_timeout"]?.duration ?? settings.connectTimeout
    if let limit = node["first_byte_timeout"]?.limit { settings.firstByteTimeout = limit }
    if let limit = node["prefill_timeout"]?.limit { settings.prefillTimeout = limit }
    if let limit = node["idle_timeout"]?.limit { settings.idleTimeout = limit }
    if let limit = node["total_timeout"]?.limit { settings.totalTimeout = limit }
    settings.maxConnections = node["max_connections"]?.integer ?? settings.maxConnections
    settings.maxPending = node["max_pending"]?.integer ?? settings.maxPending
    settings.minIdleConnections = node["min_idle_connections"]?.integer ?? settings.minIdleConnections
    if let limit = node["max_requests"] { settings.maxRequests = limit.text == "none" ? nil : limit.integer }
    if let limit = node["connection_idle_timeout"] {
      settings.connectionIdleTimeout = limit.text == "auto" ? nil : limit.duration
    }
    if let hedge = node["hedge_after"] { settings.hedgeAfter = hedgeDelay(hedge) }
    if let checkPath = node["health_check_path"] {
      settings.healthCheckPath = healthCheckPath(checkPath, at: path + .key("health_check_path"))
    }
    checkOrder(of: &settings, in: node, at: path)
    return settings
  }

  private func hedgeDelay(_ node: DocumentNode) -> ReliabilitySettings.HedgeDelay? {
    node.text == "p95" ? .firstByteP95 : node.duration.map { .after($0) }
  }

  private mutating func healthCheckPath(_ node: DocumentNode, at path: DocumentPath) -> String {
    guard let text = node.text, !text.isEmpty else { return ReliabilitySettings.defaults.healthCheckPath }
    if !HTTPText.isRequestPath(text) {
      let shown = node.scalar?.isFromEnvironment == true ? "" : ", not \(ProblemLog.quoted(text))"
      log.error(
        path, .predicate("must begin with a slash and hold no spaces or #\(shown)"),
        suggestion: "write a path such as /health")
    }
    return text
  }

  /// Limits that must not exceed others. Only what the block itself says is an error; a longer `base_ejection_time`
  /// alone, which files of the semantic router may have, takes the longest ejection along.
  private mutating func checkOrder(
    of settings: inout ReliabilitySettings, in node: DocumentNode, at path: DocumentPath
  ) {
    if settings.maxEjectionTime < settings.baseEjectionTime {
      if node["max_ejection_time"] != nil {
        log.error(
          path + .key("max_ejection_time"),
          .predicate("must not be shorter than base_ejection_time, \(Quantity.text(of: settings.baseEjectionTime))"),
          suggestion: "raise it, or lower base_ejection_time")
      }
      settings.maxEjectionTime = settings.baseEjectionTime
    }
    if settings.minIdleConnections > settings.maxConnections {
      if let key = ["min_idle_connections", "max_connections"].first(where: { node[$0] != nil }) {
        log.error(
          path + .key(key),
          .clause(
            "\(settings.minIdleConnections) connections kept ready are more than the \(settings.maxConnections) of "
              + "max_connections"),
          suggestion: "lower min_idle_connections")
      }
      settings.minIdleConnections = settings.maxConnections
    }
  }
}
