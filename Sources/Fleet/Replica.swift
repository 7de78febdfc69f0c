import Reliability
import Synchronization

/// One engine process at an address.
///
/// Identity and address never change; what changes while it serves stands in ``load``, ``health`` and ``metrics``, which
/// every snapshot of the fleet shares, so that publishing a new snapshot loses no counter.
public final class Replica: Sendable {
  /// Dense and stable for the life of the process: an index into per-loop pools.
  public let id: Int
  /// Shown in traces, metrics and logs.
  public let name: String
  public let host: String
  public let port: Int
  /// Whether connections to it are encrypted; then its host name is verified.
  public let usesTLS: Bool
  public let load: ReplicaLoad
  public let health: ReplicaHealth
  /// What its engine last said of itself.
  public let metrics: ReplicaMetrics
  /// What its answers taught: how fast it reads prompts and writes answers.
  public let estimates: ReplicaEstimates
  /// What of all these a choice reads.
  public let vitals: ReplicaVitals
  /// The adapters that it has loaded, as far as is known.
  public let adapters = LoadedAdapters()

  public init(
    id: Int, name: String, host: String, port: Int, usesTLS: Bool = false, health: ReplicaHealth = ReplicaHealth(),
    requestLimit: Int = .max
  ) {
    self.id = id
    self.name = name
    self.host = host
    self.port = port
    self.usesTLS = usesTLS
    authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    self.health = health
    vitals = health.vitals
    load = ReplicaLoad(vitals: vitals)
    metrics = ReplicaMetrics(vitals: vitals)
    estimates = ReplicaEstimates(vitals: vitals)
    vitals.requestLimitValue.store(requestLimit, ordering: .relaxed)
  }

  /// `host:port`, IPv6 hosts in brackets.
  public let authority: String

  /// Requests it is given at most (``CircuitLimits/requests``); one relaxed load or store. Requests above a lower limit
  /// run on, new ones are given to it when it is kept again.
  public var requestLimit: Int {
    get { vitals.requestLimit }
    set { vitals.requestLimitValue.store(newValue, ordering: .relaxed) }
  }

  /// Connections to it at most (``CircuitLimits/connections``): a request above waits, and so is better given to another.
  /// One relaxed load or store.
  public var connectionLimit: Int {
    get { vitals.connectionLimit }
    set { vitals.connectionLimitValue.store(newValue, ordering: .relaxed) }
  }

  /// Its place in the prefix index; -1 while it has none. One relaxed load or store.
  public var prefixSlot: Int {
    get { vitals.prefixSlot }
    set { vitals.prefixSlotValue.store(newValue, ordering: .relaxed) }
  }

  /// A request was answered soundly: counts for its success rate and ends a row of failures. Any thread.
  ///
  /// - Returns: the new verdict if it changed.
  @discardableResult
  public func requestSucceeded(now: UInt64) -> ReplicaHealth.Verdict? {
    load.countSuccess()
    return health.handleSuccess(now: now)
  }

  /// A request failed in a way that counts against it (``AttemptFailure/countsAgainstReplica``). Any thread.
  ///
  /// - Returns: the new verdict if it changed.
  @discardableResult
  public func requestFailed(reason: String, now: UInt64) -> ReplicaHealth.Verdict? {
    load.countFailure()
    return health.handle(.requestFailed(reason: reason), now: now)
  }
}
