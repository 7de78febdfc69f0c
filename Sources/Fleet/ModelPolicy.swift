import Reliability

/// How requests for one model are kept alive: times, retries, hedging, and the limits of its replicas.
///
/// Spans are nanoseconds; `.max` is no limit.
public struct ModelPolicy: Sendable, Equatable {
  /// Replicas that one request is sent to at most, the first included.
  public var attempts: Int
  public var connectTimeout: UInt64
  /// From the request sent to the first byte of the answer: a long prompt's prefill takes its time.
  public var firstByteTimeout: UInt64
  /// From a request sent to a replica that only prefills to the end of its answer.
  public var prefillTimeout: UInt64
  /// Between two reads of an answer.
  public var idleTimeout: UInt64
  /// From the request read to the last byte of its answer, retries included.
  public var totalTimeout: UInt64
  /// Retries a request that may be added to the load, 0…1.
  public var retryRatio: Double
  public var hedgeDelay: HedgePolicy.Delay
  /// Whether a replica is ejected for failing clearly more often than its siblings.
  public var ejectsOutliers: Bool
  /// How those are found; its share of replicas that may be out at once holds for every ejection.
  public var outliers: SuccessRateOutliers
  public var ejection: EjectionMachine.Settings
  public var pool: ConnectionPool.Settings
  public var probePath: String
  public var probeInterval: UInt64
  public var probeTimeout: UInt64

  public init(
    attempts: Int = 3, connectTimeout: UInt64 = .seconds(5), firstByteTimeout: UInt64 = .seconds(600),
    prefillTimeout: UInt64 = .seconds(60), idleTimeout: UInt64 = .seconds(300), totalTimeout: UInt64 = .max,
    retryRatio: Double = 0.2,
    hedgeDelay: HedgePolicy.Delay = .never, ejectsOutliers: Bool = true,
    outliers: SuccessRateOutliers = SuccessRateOutliers(), ejection: EjectionMachine.Settings = .init(),
    pool: ConnectionPool.Settings = .init(), probePath: String = "/health", probeInterval: UInt64 = .seconds(2),
    probeTimeout: UInt64 = .seconds(2)
  ) {
    self.attempts = attempts
    self.connectTimeout = connectTimeout
    self.firstByteTimeout = firstByteTimeout
    self.prefillTimeout = prefillTimeout
    self.idleTimeout = idleTimeout
    self.totalTimeout = totalTimeout
    self.retryRatio = retryRatio
    self.hedgeDelay = hedgeDelay
    self.outliers = outliers
    self.ejectsOutliers = ejectsOutliers
    self.ejection = ejection
    self.pool = pool
    self.probePath = probePath
    self.probeInterval = probeInterval
    self.probeTimeout = probeTimeout
  }

  /// How many of a model's replicas may be ejected at once (``SuccessRateOutliers/ejectionLimit(ofReplicas:)``).
  public func ejectionLimit(ofReplicas count: Int) -> Int { outliers.ejectionLimit(ofReplicas: count) }

  /// Whether a failure may eject a further one of these: a model keeps the share of its replicas that its policy says,
  /// whatever fails. Linear in the replicas.
  ///
  /// - Parameter now: monotonic nanoseconds.
  public func mayEjectMore(of placements: [Placement], now: UInt64) -> Bool {
    let out = placements.count { $0.replica.health.state(at: now) == .ejected }
    return out < ejectionLimit(ofReplicas: placements.count)
  }
}
