/// Refuses requests before the gateway's memory is at risk, those of low priority first.
///
/// Two limits: requests in flight and bytes of requests held. The level is the larger of the two shares, the request that
/// asks included, and a priority is admitted up to its part of the limit (80, 95, 100 %). Below the hard limit the answer
/// is 429 (this caller should slow down), at it 503 (nobody gets in).
///
/// `retry-after` grows with the level and is jittered by ±25 %, so that those refused together do not return together:
///
///     level        0.80  0.90  0.95  1.00  1.20  1.50
///     seconds      1     5.5   7.8   10    19    30 at most, before the jitter
///
/// A pure value of the limits; ``GatewayLoad`` keeps the counts that several loops share.
public struct LoadShedder: Sendable, Equatable {
  public enum Verdict: Sendable, Equatable {
    case admit
    /// 429 or 503; `retryAfter` in seconds, 1…30.
    case shed(status: Int, retryAfter: Int)
  }

  /// Requests in flight.
  public var maximumRequests: Int
  /// Bytes of requests that are held.
  public var maximumBytes: Int

  /// - Precondition: both are 1 or more.
  public init(maximumRequests: Int = 10_000, maximumBytes: Int = 1 << 30) {
    precondition(maximumRequests >= 1 && maximumBytes >= 1, "the gateway's limits are 1 or more")
    self.maximumRequests = maximumRequests
    self.maximumBytes = maximumBytes
  }

  /// Whether a request that would make the load `requests` and `bytes`, itself included, is let in.
  public func verdict(
    requests: Int, bytes: Int, priority: RequestPriority, random: inout some RandomNumberGenerator
  ) -> Verdict {
    // In integers, so that the last request below a limit is let in exactly.
    let percent = priority.shedPercent
    if isWithin(requests, maximumRequests, percent), isWithin(bytes, maximumBytes, percent) { return .admit }
    let isHard = requests > maximumRequests || bytes > maximumBytes
    let level = max(Double(requests) / Double(maximumRequests), Double(bytes) / Double(maximumBytes))
    return .shed(
      status: isHard ? 503 : 429,
      retryAfter: Self.retryAfter(level: level, jitter: Double.random(in: 0.75...1.25, using: &random)))
  }

  /// Seconds, 1…30: (1 + 9 × (level − 0.8) ÷ 0.2) × jitter.
  static func retryAfter(level: Double, jitter: Double) -> Int {
    let seconds = min(30, max(1, 1 + 45 * (level - 0.8))) * jitter
    return max(1, min(30, Int(seconds.rounded())))
  }

  private func isWithin(_ count: Int, _ limit: Int, _ percent: Int) -> Bool {
    let (part, overflows) = limit.multipliedReportingOverflow(by: percent)
    // A fraction of a request of low priority still is let in, so that a limit of 1 admits one.
    return count <= max(1, overflows ? limit / 100 * percent : part / 100)
  }
}
