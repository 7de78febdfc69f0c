import Fleet
import Reliability
import RouterConfig

extension ModelPolicy {
  /// What a document's `reliability` block says, as the machines take it.
  public init(_ settings: ReliabilitySettings) {
    self.init(
      attempts: settings.attempts, connectTimeout: Self.nanoseconds(settings.connectTimeout),
      firstByteTimeout: Self.nanoseconds(settings.firstByteTimeout),
      idleTimeout: Self.nanoseconds(settings.idleTimeout), totalTimeout: Self.nanoseconds(settings.totalTimeout),
      retryRatio: Double(settings.retryBudgetPercent) / 100,
      hedgeDelay: Self.hedgeDelay(settings.hedgeAfter),
      outliers: settings.ejectsBySuccessRate
        ? SuccessRateOutliers(maximumEjectionPercent: settings.maxEjectionPercent) : nil,
      maximumEjectionPercent: settings.maxEjectionPercent,
      ejection: .init(
        consecutiveFailures: settings.consecutiveFailures, base: Self.nanoseconds(settings.baseEjectionTime),
        longest: max(Self.nanoseconds(settings.baseEjectionTime), Self.nanoseconds(settings.maxEjectionTime)),
        slowStart: SlowStart(window: Self.nanoseconds(settings.slowStart))),
      pool: .init(
        limits: CircuitLimits(
          connections: settings.maxConnections, pending: settings.maxPending, requests: settings.maxRequests ?? .max),
        maximumIdle: max(256, settings.minIdleConnections), minimumIdle: settings.minIdleConnections),
      probePath: settings.healthCheckPath, probeInterval: Self.nanoseconds(settings.healthCheckInterval),
      probeTimeout: Self.nanoseconds(settings.healthCheckTimeout))
  }

  private static func hedgeDelay(_ delay: ReliabilitySettings.HedgeDelay?) -> HedgePolicy.Delay {
    switch delay {
    case nil: .never
    case .after(let span): .after(nanoseconds(span))
    case .firstByteP95: .p95
    }
  }

  private static func nanoseconds(_ span: Duration?) -> UInt64 { span.map { nanoseconds($0) } ?? .max }

  private static func nanoseconds(_ span: Duration) -> UInt64 {
    let (seconds, attoseconds) = span.components
    return UInt64(max(0, seconds)) &* 1_000_000_000 &+ UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
