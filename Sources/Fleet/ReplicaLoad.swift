import Synchronization

/// Counters of one replica, shared by all event loops. Every operation is one or two relaxed atomics.
public final class ReplicaLoad: Sendable {
  /// How requests ended in an interval.
  public struct Outcomes: Sendable, Equatable {
    public var successes: Int
    public var failures: Int

    public init(successes: Int = 0, failures: Int = 0) {
      self.successes = successes
      self.failures = failures
    }
  }

  private let running = Atomic<Int>(0)
  private let served = Atomic<Int>(0)
  private let successes = Atomic<Int>(0)
  private let failures = Atomic<Int>(0)
  private let opened = Atomic<Int>(0)
  private let queued = Atomic<Int>(0)

  public init() {}

  /// Requests that were sent and not answered to the end.
  public var inFlight: Int { running.load(ordering: .relaxed) }
  /// Requests ever sent.
  public var total: Int { served.load(ordering: .relaxed) }

  /// Counts one more request if ``inFlight`` still is what the choice was made on.
  ///
  /// - Returns: whether it was counted; if not, somebody else chose at the same time and the choice must be made anew.
  public func begin(ifInFlight expected: Int) -> Bool {
    guard running.compareExchange(expected: expected, desired: expected + 1, ordering: .relaxed).exchanged else {
      return false
    }
    served.wrappingAdd(1, ordering: .relaxed)
    return true
  }

  /// A request that ``begin(ifInFlight:)`` counted has ended, however it ended.
  public func end() {
    let before = running.wrappingSubtract(1, ordering: .relaxed).oldValue
    precondition(before > 0, "a replica's request ended that never began")
  }

  // MARK: Outcomes, for outliers

  /// A request was answered soundly.
  public func countSuccess() { successes.wrappingAdd(1, ordering: .relaxed) }

  /// A request failed in a way that counts against the replica (``AttemptFailure/countsAgainstReplica``).
  public func countFailure() { failures.wrappingAdd(1, ordering: .relaxed) }

  /// The outcomes since the last call, which begin anew. Each is counted in exactly one interval; one that ends during
  /// the call in this or the next.
  public func takeOutcomes() -> Outcomes {
    Outcomes(
      successes: successes.exchange(0, ordering: .relaxed), failures: failures.exchange(0, ordering: .relaxed))
  }

  // MARK: Connections of all loops

  /// Connections to the replica that all event loops have, those being opened included.
  public var connections: Int { opened.load(ordering: .relaxed) }
  /// Requests that wait for a connection, on all event loops.
  public var pending: Int { queued.load(ordering: .relaxed) }

  /// Changes what ``connections`` and ``pending`` tell, by what one loop has more or less than it last said.
  public func count(connections: Int, pending: Int) {
    if connections != 0 { opened.wrappingAdd(connections, ordering: .relaxed) }
    if pending != 0 { queued.wrappingAdd(pending, ordering: .relaxed) }
  }
}
