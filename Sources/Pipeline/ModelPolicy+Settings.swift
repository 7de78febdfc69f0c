import Fleet
import Reliability
import RouterConfig

extension ModelPolicy {
  /// What a document's `reliability` block says, as the machines take it.
  public init(_ settings: ReliabilitySettings) {
    self.init(
      attempts: settings.attempts, connectTimeout: .span(settings.connectTimeout),
      firstByteTimeout: .span(settings.firstByteTimeout), prefillTimeout: .span(settings.prefillTimeout),
      idleTimeout: .span(settings.idleTimeout), totalTimeout: .span(settings.totalTimeout),
      retryRatio: Double(settings.retryBudgetPercent) / 100,
      hedgeDelay: Self.hedgeDelay(settings.hedgeAfter),
      ejectsOutliers: settings.ejectsBySuccessRate,
      outliers: SuccessRateOutliers(maximumEjectionPercent: settings.maxEjectionPercent),
      ejection: .init(
        consecutiveFailures: settings.consecutiveFailures, base: .span(settings.baseEjectionTime),
        longest: max(UInt64.span(settings.baseEjectionTime), .span(settings.maxEjectionTime)),
        slowStart: SlowStart(window: .span(settings.slowStart))),
      pool: .init(
        limits: CircuitLimits(
          connections: settings.maxConnections, pending: settings.maxPending, requests: settings.maxRequests ?? .max),
        maximumIdle: max(256, settings.minIdleConnections), minimumIdle: settings.minIdleConnections,
        idleTimeout: settings.connectionIdleTimeout.map { .span($0) }),
      probePath: settings.healthCheckPath, probeInterval: .span(settings.healthCheckInterval),
      probeTimeout: .span(settings.healthCheckTimeout))
  }

  private static func hedgeDelay(_ delay: ReliabilitySettings.HedgeDelay?) -> HedgePolicy.Delay {
    switch delay {
    case nil: .never
    case .after(let span): .after(.span(span))
    case .firstByteP95: .p95
    }
  }
}
