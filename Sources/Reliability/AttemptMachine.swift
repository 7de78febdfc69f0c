/// The attempts of one request: what happens after each failure.
///
/// A request may go to another replica as long as no byte of an answer has reached the client. That holds for POST too:
/// generating twice costs tokens and changes nothing. Bounds: `attemptLimit` replicas, the model's ``RetryBudget``, and a
/// replica that was not tried.
///
///     failure                           before a first byte        after it
///     kept connection closed            same replica, new          break off
///                                       connection, not counted
///     cannot connect, overflow, closed,  retry                      break off
///     malformed head, timeout, 500,
///     502-504
///     501, 505 and more                 pass the answer on         break off
///
/// With a second copy under way (``HedgePolicy``) the failure of one waits for the other.
///
/// A value of a few words, no allocation.
public struct AttemptMachine: Sendable, Equatable {
  /// Why no further attempt is made.
  public enum Reason: UInt8, Sendable, Equatable {
    /// The failure says nothing about the replica: another would answer the same.
    case notRetryable
    case attemptLimit
    /// Retries are at their share of the load.
    case budget
    /// Every replica that may be chosen was tried.
    case noOtherReplica
    /// The body was streamed and is gone.
    case bodyGone
  }

  public enum Action: Sendable, Equatable {
    /// Send it to another replica, then report ``attemptBegan()``.
    case retry
    /// Send it to the same replica on a new connection, at once; report nothing, it is the same attempt.
    case retryOnFreshConnection
    /// The other copy is under way: go on waiting.
    case awaitOther
    /// Answer the client. After ``AttemptFailure/refused(status:)`` pass the engine's answer on: the status is its own.
    case answer(status: Int, reason: Reason)
    /// The answer has begun, no status can be sent: end it in the way of its format (an SSE error event, a closed
    /// connection).
    case breakOff
    /// The request is over already: nothing to do.
    case ignore
  }

  /// Replicas that it is sent to at most, the first included; at least 1. A second copy (``mayHedge``) may go to one more.
  public let attemptLimit: Int
  /// Attempts so far, the first included.
  public private(set) var attempts = 0
  /// Copies under way: 0, 1, or 2 with a hedge.
  public private(set) var underWay = 0
  public private(set) var hasFirstByte = false
  private var isBodyGone = false
  private var usedFreshConnection = false
  private var isOver = false

  public init(attemptLimit: Int = 3) { self.attemptLimit = max(1, attemptLimit) }

  /// Whether a second copy may be sent beside the one under way. The first attempt's may, whatever the limit.
  public var mayHedge: Bool {
    !isOver && !hasFirstByte && !isBodyGone && underWay == 1 && (attempts == 1 || attempts < attemptLimit)
  }

  /// The request goes to a replica: the first, a retry's, or a hedge's.
  ///
  /// - Precondition: the machine allowed it, and at most one other copy is under way.
  public mutating func attemptBegan() {
    precondition(!isOver && !hasFirstByte && underWay < 2, "an attempt began that the machine did not allow")
    attempts += 1
    underWay += 1
    usedFreshConnection = false
  }

  /// Part of the body is gone: from now on it cannot be sent again.
  public mutating func bodyDiscarded() { isBodyGone = true }

  /// The first byte of an answer goes to the client. The other copy, if any, is to be cancelled, and what becomes of it is
  /// not reported any more.
  public mutating func firstByteReceived() {
    guard !isOver else { return }
    hasFirstByte = true
    underWay = 1
  }

  /// The answer is complete, or the client left.
  public mutating func ended() {
    isOver = true
    underWay = 0
  }

  /// A copy that is under way failed.
  ///
  /// - Parameters:
  ///   - budget: the model's; a token is withdrawn only for a retry that is returned, and not after an overflow: no engine
  ///     got the request, so sending it on adds nothing to the load.
  ///   - hasOtherReplica: whether a replica that was not tried may be chosen.
  public mutating func failed(
    _ failure: AttemptFailure, budget: inout RetryBudget, hasOtherReplica: Bool, now: UInt64
  ) -> Action {
    guard !isOver, underWay > 0 else { return .ignore }
    if hasFirstByte {
      ended()
      return .breakOff
    }
    if failure == .keptConnectionClosed, !usedFreshConnection, !isBodyGone {
      usedFreshConnection = true
      return .retryOnFreshConnection
    }
    underWay -= 1
    if underWay > 0 { return .awaitOther }
    let reason: Reason
    if !failure.mayBeSentAgain {
      reason = .notRetryable
    } else if isBodyGone {
      reason = .bodyGone
    } else if attempts >= attemptLimit {
      reason = .attemptLimit
    } else if !hasOtherReplica {
      reason = .noOtherReplica
    } else if failure != .overflow, !budget.withdraw(now: now) {
      reason = .budget
    } else {
      return .retry
    }
    ended()
    return .answer(status: failure.status, reason: reason)
  }
}
