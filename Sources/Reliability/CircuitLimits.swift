/// What one replica is given at most, so that a slow one cannot take every connection and all memory of the gateway.
///
/// The three are Envoy's circuit breaker thresholds with its defaults of 1 024, but for requests: an engine has a queue of
/// its own and its requests last for seconds, so their number is not limited unless configured.
public struct CircuitLimits: Sendable, Equatable {
  /// Open connections, those being opened included, over all event loops. A loop that has none may open one above it.
  public var connections: Int
  /// Requests that wait for a connection while no other may be opened, over all event loops; 0 for none that waits.
  public var pending: Int
  /// Requests sent and not answered to the end, those waiting for a connection included.
  public var requests: Int

  /// - Precondition: `connections` and `requests` are 1 or more, `pending` is not negative.
  public init(connections: Int = 1_024, pending: Int = 1_024, requests: Int = .max) {
    precondition(connections >= 1 && pending >= 0 && requests >= 1, "a replica's limits allow no request")
    self.connections = connections
    self.pending = pending
    self.requests = requests
  }

  /// What is taken of a replica at the moment.
  public struct Use: Sendable, Equatable {
    public var connections: Int
    public var pending: Int

    public init(connections: Int = 0, pending: Int = 0) {
      self.connections = connections
      self.pending = pending
    }
  }

  public enum Verdict: Sendable, Equatable {
    /// There is room for another connection.
    case open
    /// It must wait for a connection that is in use.
    case wait
    /// It must go elsewhere.
    case overflow
  }

  /// What a request does that found no idle connection: by its loop's use and that of the other loops.
  ///
  ///     connections, limit 4   pending, limit 2   of them this loop's   verdict
  ///     3                      0                  any                   open
  ///     4                      0                  1 connection          wait
  ///     4                      2                  1 connection          overflow
  ///     4                      2                  nothing               open: else the loop might never get one
  public func verdict(own: Use, others: Use) -> Verdict {
    if own.connections <= 0, own.pending <= 0 { return .open }
    if own.connections + others.connections < connections { return .open }
    return own.pending + others.pending < pending ? .wait : .overflow
  }
}
