/// What probes say of one replica, as a state machine: one method for its events, no clock, no I/O.
public struct HealthMachine: Sendable {
  public enum Verdict: UInt8, Sendable {
    /// Never probed: may be chosen, so that a start does not wait for probes.
    case unknown
    case ready
    /// Probes fail: never chosen.
    case failing
  }

  public enum Event: Sendable {
    case probeSucceeded
    case probeFailed(reason: String)
    /// A request was answered.
    case requestSucceeded
  }

  /// Consecutive failed probes that make a replica failing, and consecutive good ones that make it ready again.
  public struct Thresholds: Sendable {
    public var failures: Int
    public var successes: Int
    public init(failures: Int = 2, successes: Int = 1) {
      self.failures = failures
      self.successes = successes
    }
  }

  public private(set) var verdict: Verdict = .unknown
  /// Why it is failing; nil while it is not.
  public private(set) var lastFailure: String?
  /// Failures are counted that have not changed the verdict: a success matters then.
  public var hasOpenFailures: Bool { failures > 0 && verdict != .failing }
  private var failures = 0
  private var successes = 0
  private let thresholds: Thresholds

  public init(thresholds: Thresholds = Thresholds()) { self.thresholds = thresholds }

  public mutating func handle(_ event: Event) {
    switch event {
    case .probeSucceeded:
      failures = 0
      successes += 1
      if verdict == .unknown || successes >= thresholds.successes { becomeReady() }
    case .requestSucceeded:
      // An answer proves life for a replica that is in use; a failing one waits for its probe.
      guard verdict != .failing else { return }
      failures = 0
      becomeReady()
    case .probeFailed(let reason):
      successes = 0
      failures += 1
      if verdict == .unknown || failures >= thresholds.failures { verdict = .failing }
      if verdict == .failing { lastFailure = reason }
    }
  }

  private mutating func becomeReady() {
    verdict = .ready
    lastFailure = nil
  }
}
