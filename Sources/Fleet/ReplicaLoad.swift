import Synchronization

/// Counters of one replica, shared by all event loops. Every operation is one or two relaxed atomics.
///
/// Requests in flight, those of them that wait for their first token, and the work that those bring stand in one word, so
/// that a choice made on all three and the counting of the request are one step.
public final class ReplicaLoad: Sendable {
  /// Requests that are counted at most; a choice takes a replica with that many for full.
  @inlinable public static var capacity: Int { 0xFFFF }
  /// The unit of work: 1/16 ms of prefill, so that the word holds 3 days of it.
  @inlinable public static var ticksPerSecond: Double { 16_000 }

  /// What a choice is made on, read at one moment.
  public struct State: Sendable, Equatable {
    @usableFromInline let word: UInt64
    @inlinable init(word: UInt64) { self.word = word }

    /// Requests that were sent and not answered to the end.
    @inlinable public var inFlight: Int { Int(word & 0xFFFF) }
    /// Those of them without a first token yet.
    @inlinable public var prefilling: Int { Int((word >> 16) & 0xFFFF) }
    /// The prefill that those bring, as estimated when they were sent, in ticks of 1/``ReplicaLoad/ticksPerSecond`` s.
    @inlinable public var work: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
  }

  /// How requests ended in an interval.
  public struct Outcomes: Sendable, Equatable {
    public var successes: Int
    public var failures: Int

    public init(successes: Int = 0, failures: Int = 0) {
      self.successes = successes
      self.failures = failures
    }
  }

  @usableFromInline let vitals: ReplicaVitals
  private let served = Atomic<Int>(0)
  private let successes = Atomic<Int>(0)
  private let failures = Atomic<Int>(0)
  private let opened = Atomic<Int>(0)
  private let queued = Atomic<Int>(0)

  /// - Parameter vitals: of its replica.
  init(vitals: ReplicaVitals) { self.vitals = vitals }

  /// Counts nothing yet.
  public convenience init() { self.init(vitals: ReplicaVitals()) }

  /// Requests that were sent and not answered to the end.
  @inlinable public var inFlight: Int { state.inFlight }
  /// The three counts as of one moment.
  @inlinable public var state: State { vitals.state }
  /// Requests ever sent.
  public var total: Int { served.load(ordering: .relaxed) }

  /// Counts one more request if ``inFlight`` still is what the choice was made on.
  ///
  /// - Returns: whether it was counted; if not, somebody else chose at the same time and the choice must be made anew.
  public func begin(ifInFlight expected: Int) -> Bool {
    var word = vitals.running.load(ordering: .relaxed)
    while word & 0xFFFF == UInt64(expected), expected < Self.capacity {
      let (exchanged, original) = vitals.running.compareExchange(expected: word, desired: word + 1, ordering: .relaxed)
      if exchanged {
        served.wrappingAdd(1, ordering: .relaxed)
        return true
      }
      word = original
    }
    return false
  }

  /// Counts one more request that waits for its first token, if nothing has changed since the choice was made.
  ///
  /// - Parameter work: ticks of prefill; what the word has no room for is not added.
  /// - Returns: the ticks that were added, for ``prefillEnded(work:)``; nil if somebody else chose, or a request moved
  ///   on, at the same time, and the choice must be made anew.
  public func begin(ifStill expected: State, work: UInt32) -> UInt32? {
    guard expected.inFlight < Self.capacity else { return nil }
    let added = min(work, .max - expected.work)
    let desired = expected.word + (UInt64(added) << 32 | 1 << 16 | 1)
    guard vitals.running.compareExchange(expected: expected.word, desired: desired, ordering: .relaxed).exchanged else {
      return nil
    }
    served.wrappingAdd(1, ordering: .relaxed)
    return added
  }

  /// A request that ``begin(ifStill:work:)`` counted has its first token, or ended without one. Once for each.
  ///
  /// - Returns: what is left.
  @discardableResult
  public func prefillEnded(work: UInt32) -> State {
    let (before, after) = vitals.running.wrappingSubtract(UInt64(work) << 32 | 1 << 16, ordering: .relaxed)
    precondition((before >> 16) & 0xFFFF > 0, "a replica's prefill ended that never began")
    return State(word: after)
  }

  /// A request that was counted has ended, however it ended.
  public func end() {
    let before = vitals.running.wrappingSubtract(1, ordering: .relaxed).oldValue
    precondition(before & 0xFFFF > 0, "a replica's request ended that never began")
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
