/// How requests for one model survive failing replicas: timeouts, retries, ejection, limits of connections, health
/// checks. The blocks `providers.models[].reliability` and `providers.defaults.reliability`, resolved: a key of the
/// model wins over the one of the defaults, and that over ``defaults``.
///
/// The first keys are those that the semantic router writes into its Envoy clusters; a file with them keeps its
/// meaning. Durations are whole microseconds of at most a year; nil is no limit.
public struct ReliabilitySettings: Sendable, Equatable {
  /// When a request without a first byte is sent to a second replica too.
  public enum HedgeDelay: Sendable, Equatable {
    /// So long after it was sent; more than zero.
    case after(Duration)
    /// After the time within which 95 of 100 recent requests of the model got their first byte.
    case firstByteP95
  }

  /// Replicas that a request may be sent to behind the first one, before an answer's first byte; 0 to 5.
  public var retryCount: Int
  /// Failures without a success between them that eject a replica: refused or broken connections, no first byte in
  /// time, answers of 500 and above, streams that died. 0 ejects none for them.
  public var consecutiveFailures: Int
  /// How long the first ejection lasts; each further one doubles it, up to ``maxEjectionTime``. More than zero.
  public var baseEjectionTime: Duration
  /// Never less than ``baseEjectionTime``.
  public var maxEjectionTime: Duration
  /// Share of a model's replicas that may be ejected at a time; 0 to 100.
  public var maxEjectionPercent: Int
  /// Whether a replica that fails clearly more often than its siblings is ejected.
  public var ejectsBySuccessRate: Bool
  /// How long a replica that comes back from an ejection gets less than its share; zero gives it all at once.
  public var slowStart: Duration
  /// Begins with a slash; visible ASCII only.
  public var healthCheckPath: String
  /// From one check of a replica to its next; more than zero.
  public var healthCheckInterval: Duration
  /// A check unanswered for so long has failed; more than zero.
  public var healthCheckTimeout: Duration
  /// More than zero.
  public var connectTimeout: Duration
  /// From the request sent to the first byte of the answer; long prompts take long.
  public var firstByteTimeout: Duration?
  /// From a request sent to a replica that only prefills to the end of its answer.
  public var prefillTimeout: Duration?
  /// Between two reads of an answer.
  public var idleTimeout: Duration?
  /// From the request read to the last byte of its answer, retries included.
  public var totalTimeout: Duration?
  /// Retries in 100 requests, above a small reserve that lets quiet models retry at all; 0 to 100.
  public var retryBudgetPercent: Int
  /// Connections to one replica, those of all event loops together; 1 or more.
  public var maxConnections: Int
  /// Requests that may wait for a connection to one replica.
  public var maxPending: Int
  /// Requests that one replica may work on at a time; 1 or more.
  public var maxRequests: Int?
  /// Connections to one replica that are opened before they are needed; at most ``maxConnections``.
  public var minIdleConnections: Int
  /// How long an idle connection to a replica is kept, more than zero; an engine that says a shorter time holds. nil is
  /// what the engine says, and where it says nothing, less than engines usually keep theirs.
  public var connectionIdleTimeout: Duration?
  /// nil sends no second copy.
  public var hedgeAfter: HedgeDelay?

  /// Requests sent for one request of a client at most: the first and its retries; 1 to 6.
  public var attempts: Int { 1 + retryCount }

  /// What holds where a document says nothing.
  public static let defaults = ReliabilitySettings()

  public init(
    retryCount: Int = 2, consecutiveFailures: Int = 3, baseEjectionTime: Duration = .seconds(5),
    maxEjectionTime: Duration = .seconds(300), maxEjectionPercent: Int = 50, ejectsBySuccessRate: Bool = true,
    slowStart: Duration = .seconds(30), healthCheckPath: String = "/health",
    healthCheckInterval: Duration = .seconds(2), healthCheckTimeout: Duration = .seconds(2),
    connectTimeout: Duration = .seconds(5), firstByteTimeout: Duration? = .seconds(600),
    prefillTimeout: Duration? = .seconds(60),
    idleTimeout: Duration? = .seconds(300), totalTimeout: Duration? = nil, retryBudgetPercent: Int = 20,
    maxConnections: Int = 1024, maxPending: Int = 1024, maxRequests: Int? = nil, minIdleConnections: Int = 0,
    connectionIdleTimeout: Duration? = nil, hedgeAfter: HedgeDelay? = nil
  ) {
    self.retryCount = retryCount
    self.consecutiveFailures = consecutiveFailures
    self.baseEjectionTime = baseEjectionTime
    self.maxEjectionTime = maxEjectionTime
    self.maxEjectionPercent = maxEjectionPercent
    self.ejectsBySuccessRate = ejectsBySuccessRate
    self.slowStart = slowStart
    self.healthCheckPath = healthCheckPath
    self.healthCheckInterval = healthCheckInterval
    self.healthCheckTimeout = healthCheckTimeout
    self.connectTimeout = connectTimeout
    self.firstByteTimeout = firstByteTimeout
    self.prefillTimeout = prefillTimeout
    self.idleTimeout = idleTimeout
    self.totalTimeout = totalTimeout
    self.retryBudgetPercent = retryBudgetPercent
    self.maxConnections = maxConnections
    self.maxPending = maxPending
    self.maxRequests = maxRequests
    self.minIdleConnections = minIdleConnections
    self.connectionIdleTimeout = connectionIdleTimeout
    self.hedgeAfter = hedgeAfter
  }
}
