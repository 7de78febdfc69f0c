/// The end of a process: stop accepting, let streams finish up to a limit, exit; a second request exits at once.
///
///     serving ── stopRequested ──▶ draining(until) ── no connection left, or until is reached ──▶ stopped
///        any ── second stopRequested ──▶ stopped
public struct DrainMachine: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    case serving
    case draining(until: UInt64)
    case stopped
  }

  public enum Action: Sendable, Equatable {
    case none
    /// Close the listeners and idle connections; answer running requests with `connection: close`.
    case stopAccepting(until: UInt64)
    /// Nothing is left: exit 0.
    case exit
    /// The time is over: close what is left, then exit 0.
    case abandon(connections: Int)
    /// Asked twice: exit without closing anything properly.
    case exitAtOnce
  }

  public private(set) var state: State = .serving
  /// How long streams may take to finish, nanoseconds.
  public let limit: UInt64
  /// As last told.
  public private(set) var connections = 0

  public init(limit: UInt64 = .seconds(30)) { self.limit = limit }

  /// SIGTERM or SIGINT.
  public mutating func stopRequested(now: UInt64) -> Action {
    switch state {
    case .serving:
      let until = now.advanced(bySpan: limit)
      state = .draining(until: until)
      return .stopAccepting(until: until)
    case .draining:
      state = .stopped
      return .exitAtOnce
    case .stopped: return .exitAtOnce
    }
  }

  /// How many connections of clients are open; tell it after ``Action/stopAccepting(until:)``, and at each end of one.
  public mutating func connectionsLeft(_ count: Int) -> Action {
    connections = count
    guard case .draining = state, count <= 0 else { return .none }
    state = .stopped
    return .exit
  }

  /// Time has passed.
  public mutating func tick(now: UInt64) -> Action {
    guard case .draining(let until) = state, now >= until else { return .none }
    state = .stopped
    return .abandon(connections: connections)
  }
}
