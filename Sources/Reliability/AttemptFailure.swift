/// How sending a request to a replica failed.
public enum AttemptFailure: Sendable, Equatable {
  /// Refused, unreachable, or not connected in time; TLS too.
  case cannotConnect
  /// Every connection and every place in the queue of the replica is taken (``CircuitLimits``), or the gateway itself has
  /// no descriptor or port left to connect with.
  case overflow
  /// Closed or reset before the first byte of an answer.
  case closedBeforeAnswer
  /// As ``closedBeforeAnswer``, on a connection that had carried an answer before: the engine closed it for being idle
  /// while the request was on its way.
  case keptConnectionClosed
  /// What came is not the head of an HTTP answer.
  case malformedHead
  case firstByteTimedOut
  /// A whole head with a status of 500 or more.
  case refused(status: Int)
  /// The answer had begun and broke off, stalled or is not HTTP.
  case brokeMidway

  /// Whether another replica may be asked: nothing of the answer reached the client, and the engine did not say that no
  /// engine could serve it, as 501 and 505 do. A 500 may be an engine that has died or the request's own fault; which,
  /// only another replica can tell.
  public var mayBeSentAgain: Bool {
    switch self {
    case .cannotConnect, .overflow, .closedBeforeAnswer, .keptConnectionClosed, .malformedHead, .firstByteTimedOut: true
    case .refused(let status): status == 500 || (502...504).contains(status)
    case .brokeMidway: false
    }
  }

  /// Whether it counts against the replica (``EjectionMachine``): our own limits do not, and a kept connection's end is
  /// what HTTP/1.1 allows at any time (RFC 9112 §9.3).
  public var countsAgainstReplica: Bool {
    switch self {
    case .overflow, .keptConnectionClosed: false
    case .refused(let status): status >= 500
    default: true
    }
  }

  /// The status for the client when this was the last attempt: 502 for a replica that gave no sound answer, 503 for one
  /// that takes no more, 504 for none in time (RFC 9110 §15.6), its own for one that refused.
  public var status: Int {
    switch self {
    case .overflow: 503
    case .cannotConnect, .closedBeforeAnswer, .keptConnectionClosed, .malformedHead, .brokeMidway: 502
    case .firstByteTimedOut: 504
    case .refused(let status): status
    }
  }
}
