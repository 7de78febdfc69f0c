/// When a request that has no first byte yet is sent to a second replica as well, the first to answer winning.
///
/// "Hedged requests" of Dean and Barroso, "The tail at scale" (2013): sent only after the 95th percentile, they add 5 % of
/// load and cut the tail. A budget holds them to that share when everything has become slow, which is when percentiles
/// lie. Never a third copy; never for a request whose body is gone or whose further attempts are used up
/// (``AttemptMachine/mayHedge``).
///
/// A value, one a model and event loop; no allocation.
public struct HedgePolicy: Sendable {
  /// When the second copy goes.
  public enum Delay: Sendable, Equatable {
    case never
    /// Nanoseconds after the first copy was sent.
    case after(UInt64)
    /// At a quantile of recent first-byte times (0…1), not before `atLeast` nanoseconds; never while fewer than
    /// ``minimumCount`` are known.
    case quantile(Double, atLeast: UInt64)

    /// The 95th percentile, 50 ms at the earliest.
    public static let p95 = Delay.quantile(0.95, atLeast: .milliseconds(50))
  }

  public enum Action: Sendable, Equatable {
    /// Send the second copy; it is withdrawn from the budget.
    case send
    /// Ask again after this many nanoseconds.
    case wait(UInt64)
    /// No second copy for this request.
    case never
  }

  /// First-byte times that a quantile needs.
  public static let minimumCount = 20

  public let delay: Delay
  private var budget: RetryBudget
  private var firstByteTimes = LatencyQuantile()

  /// - Parameter share: of the requests of the last 10 s, how many may be hedged, 0…1.
  public init(delay: Delay = .never, share: Double = 0.05) {
    self.delay = delay
    budget = RetryBudget(ratio: share, reserve: 0, maximum: 100)
  }

  /// A request is sent for the first time.
  ///
  /// - Returns: nanoseconds after which to ask ``decide(elapsed:attempts:hasOtherReplica:now:)``; nil for never.
  public mutating func requestBegan(now: UInt64) -> UInt64? {
    guard delay != .never else { return nil }
    budget.requestBegan(now: now)
    return currentDelay(now)
  }

  /// An answer began.
  ///
  /// - Parameter elapsed: nanoseconds since this copy was sent.
  public mutating func firstByteReceived(after elapsed: UInt64, now: UInt64) {
    guard case .quantile = delay else { return }
    firstByteTimes.record(elapsed, now: now)
  }

  /// The delay is over and no first byte came.
  ///
  /// - Parameters:
  ///   - elapsed: nanoseconds since the first copy was sent.
  ///   - hasOtherReplica: whether a ready replica that was not tried may be chosen.
  public mutating func decide(
    elapsed: UInt64, attempts: AttemptMachine, hasOtherReplica: Bool, now: UInt64
  ) -> Action {
    guard attempts.mayHedge, let due = currentDelay(now) else { return .never }
    guard elapsed >= due else { return .wait(due - elapsed) }
    guard hasOtherReplica, budget.withdraw(now: now) else { return .never }
    return .send
  }

  private mutating func currentDelay(_ now: UInt64) -> UInt64? {
    switch delay {
    case .never: nil
    case .after(let span): span
    case .quantile(let fraction, let floor):
      firstByteTimes.value(at: fraction, minimumCount: Self.minimumCount, now: now).map { max($0, floor) }
    }
  }
}
