/// The health of one replica as a state machine: one method for its events, no clock, no I/O.
public struct HealthMachine: Sendable {
  public enum Verdict: UInt8, Sendable {
    /// Never probed: may be chosen, so that a start does not wait for probes.
    case unknown
    case ready
    /// Requests failed on it, probes have not: passed over while another replica can be chosen, taken when none can.
    case suspect
    /// Probes fail: never chosen.
    case failing
  }

  public enum Event: Sendable {
    case probeSucceeded
    case probeFailed(reason: String)
    /// A connection could not be made or broke before the first byte of an answer.
    case requestFailed(reason: String)
    case requestSucceeded
  }

  /// Consecutive failures that make a replica suspect or failing, and consecutive probes that make it ready again.
  public struct Thresholds: Sendable {
    public var failures: Int
    public var successes: Int
    public init(failures: Int = 2, successes: Int = 1) {
      self.failures = failures
      self.successes = successes
    }
  }

  public private(set) var verdict: Verdict = .unknown
  /// Why it is suspect or failing; nil while it is neither.
  public private(set) var lastFailure: String?
  /// Failures are counted that have not changed the verdict: a success matters then.
  public var hasOpenFailures: Bool { failures > 0 }
  private var failures = 0
  private var successes = 0
  private let thresholds: Thresholds

  public init(thresholds: Thresholds = Thresholds()) { self.thresholds = thresholds }

  public mutating func handle(_ event: Event) {
    switch event {
    case .probeSucceeded:
      failures = 0
      successes += 1
      if verdict == .unknown || successes >= thresholds.successes {
        verdict = .ready
        lastFailure = nil
      }
    case .requestSucceeded:
      // An answer proves life for a replica that is in use; a failing one waits for its probe.
      guard verdict != .failing, verdict != .suspect else { return }
      failures = 0
      verdict = .ready
      lastFailure = nil
    case .probeFailed(let reason):
      fail(.failing, reason)
    case .requestFailed(let reason):
      fail(verdict == .failing ? .failing : .suspect, reason)
    }
  }

  private mutating func fail(_ worse: Verdict, _ reason: String) {
    successes = 0
    failures += 1
    if verdict == .unknown || failures >= thresholds.failures { verdict = worse }
    if verdict == .failing || verdict == .suspect { lastFailure = reason }
  }
}
