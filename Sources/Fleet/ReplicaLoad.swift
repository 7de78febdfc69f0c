import Synchronization

/// Counters of one replica, shared by all event loops. Every operation is one relaxed atomic.
public final class ReplicaLoad: Sendable {
  private let running = Atomic<Int>(0)
  private let served = Atomic<Int>(0)

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
}
