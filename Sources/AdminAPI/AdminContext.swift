import Pipeline
import UserStore

/// What the management API serves from: the router's state, each part asked for anew on every request.
///
/// The closures are called from the API's own threads and must be safe to call from any.
public struct AdminContext: Sendable {
  /// The configuration and fleet in force.
  public var snapshot: @Sendable () -> RoutingSnapshot
  /// Plans evaluations. One without a cache shows what reading costs.
  public var pipeline: RoutePipeline
  /// The metrics in Prometheus' text format.
  public var metrics: @Sendable () -> String
  public var readiness: @Sendable () -> AdminReadiness
  /// Where users are kept; nil where there are none.
  public var users: UserStore?
  public var userAccess: UserAccess
  /// Seconds since 1970, for timestamps.
  public var wallClock: @Sendable () -> Double
  /// A monotonic clock in nanoseconds, for processing times.
  public var clock: @Sendable () -> UInt64

  public init(
    snapshot: @escaping @Sendable () -> RoutingSnapshot, pipeline: RoutePipeline,
    metrics: @escaping @Sendable () -> String, readiness: @escaping @Sendable () -> AdminReadiness,
    users: UserStore? = nil, userAccess: UserAccess = .closed, wallClock: @escaping @Sendable () -> Double,
    clock: @escaping @Sendable () -> UInt64
  ) {
    self.snapshot = snapshot
    self.pipeline = pipeline
    self.metrics = metrics
    self.readiness = readiness
    self.users = users
    self.userAccess = userAccess
    self.wallClock = wallClock
    self.clock = clock
  }
}
