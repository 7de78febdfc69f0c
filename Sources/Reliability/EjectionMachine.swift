/// Takes a replica on which requests fail out of the choice for a time, and lets it back in slowly.
///
/// A circuit breaker with a clock of its own: failures in a row, or an outlier's verdict, eject the replica; time alone
/// ends the ejection, since a replica that gets no requests cannot prove itself, and one that answers its probe may still
/// fail its requests. The method and the length of an ejection are Envoy's outlier detection ("the base time multiplied
/// by the number of times ejected"), but doubling as in a TCP connect back-off instead of linear.
///
/// With the defaults, the n-th ejection lasts `base × 2^(n−1)`, at most `longest`:
///
///     n          1    2     3     4     5     6      7 and more
///     ejection   5 s  10 s  20 s  40 s  80 s  160 s  300 s
///
/// Every period out of ejection that is as long as the last ejection takes one from n again (Envoy takes one at each
/// healthy interval), so that a replica which failed last week starts at 5 s.
///
/// A value: no clock, no lock. Events may come with a `now` slightly before that of the one before.
public struct EjectionMachine: Sendable, Equatable {
  public struct Settings: Sendable, Equatable {
    /// Failures in a row that eject; 0 never ejects for failures in a row.
    public var consecutiveFailures: Int
    /// The first ejection, nanoseconds.
    public var base: UInt64
    /// The longest ejection, nanoseconds.
    public var longest: UInt64
    public var slowStart: SlowStart

    /// - Precondition: `0 < base ≤ longest`.
    public init(
      consecutiveFailures: Int = 3, base: UInt64 = .seconds(5), longest: UInt64 = .seconds(300),
      slowStart: SlowStart = SlowStart()
    ) {
      precondition(base > 0 && base <= longest, "an ejection lasts longer than no time and at most the longest")
      self.consecutiveFailures = consecutiveFailures
      self.base = base
      self.longest = longest
      self.slowStart = slowStart
    }

    /// How long the n-th ejection lasts, nanoseconds; n counts from 1.
    public func duration(ofEjection n: Int) -> UInt64 {
      // After 63 doublings any base has passed any limit.
      guard n - 1 < 63 else { return longest }
      let (product, overflows) = base.multipliedReportingOverflow(by: 1 << UInt64(max(0, n - 1)))
      return overflows ? longest : min(product, longest)
    }
  }

  public enum State: Sendable, Equatable {
    /// Takes its full share.
    case serving
    /// Out of the choice until then, unless there is no other.
    case ejected(until: UInt64)
    /// Takes a growing share since the end of its ejection.
    case slowStart(since: UInt64)
  }

  public enum Action: Sendable, Equatable {
    case none
    /// It is out of the choice until then.
    case eject(until: UInt64)
    /// Its ejection is over: log it, nothing else is to be done.
    case restore
  }

  /// May be changed at any time; an ejection that runs keeps its end.
  public var settings: Settings
  /// The n of the last ejection, less what healthy time took off; 0 when nothing is held against it.
  public private(set) var backOff = 0
  /// Failures since the last success or ejection.
  public private(set) var consecutiveFailures = 0
  /// The end of the last ejection; 0 when there was none. A choice that reads no lock reads this.
  public private(set) var ejectedUntil: UInt64 = 0
  private var isEjected = false
  private var lastDuration: UInt64 = 0
  /// When the healthy time began that the next step down counts.
  private var healthySince: UInt64 = 0

  public init(settings: Settings = Settings()) { self.settings = settings }

  /// What holds at `now`; changes nothing.
  public func state(at now: UInt64) -> State {
    guard ejectedUntil > 0 else { return .serving }
    if now < ejectedUntil { return .ejected(until: ejectedUntil) }
    return now.since(ejectedUntil) < settings.slowStart.window ? .slowStart(since: ejectedUntil) : .serving
  }

  /// The share of its load that it takes at `now`, in 0.1…1: see ``SlowStart/factor(since:now:)``.
  public func factor(at now: UInt64) -> Double {
    ejectedUntil == 0 ? 1 : settings.slowStart.factor(since: ejectedUntil, now: now)
  }

  /// A request on it was answered.
  public mutating func requestSucceeded(now: UInt64) -> Action {
    let action = tick(now: now)
    consecutiveFailures = 0
    return action
  }

  /// A request failed on it: refused, broken before the answer or midway, first byte too late, answered 5xx.
  ///
  /// While ejected, failures count for nothing: those of requests that were sent before would lengthen the ejection, and
  /// those of requests that had no other replica would make it endless.
  public mutating func requestFailed(now: UInt64) -> Action {
    let action = tick(now: now)
    guard !isEjected else { return action }
    consecutiveFailures += 1
    guard settings.consecutiveFailures > 0, consecutiveFailures >= settings.consecutiveFailures else { return action }
    return eject(now: now)
  }

  /// It fails more often than its neighbours do (``SuccessRateOutliers``).
  public mutating func ejectAsOutlier(now: UInt64) -> Action {
    let action = tick(now: now)
    return isEjected ? action : eject(now: now)
  }

  /// Time has passed. Every event does this first; calling it too makes an idle replica's return visible in time.
  public mutating func tick(now: UInt64) -> Action {
    guard isEjected else {
      stepDown(now)
      return .none
    }
    guard now >= ejectedUntil else { return .none }
    isEjected = false
    consecutiveFailures = 0
    healthySince = ejectedUntil
    stepDown(now)
    return .restore
  }

  private mutating func eject(now: UInt64) -> Action {
    // Beyond this many doublings all are the longest; a bound keeps the way back finite.
    if settings.duration(ofEjection: backOff) < settings.longest || backOff == 0 { backOff += 1 }
    lastDuration = settings.duration(ofEjection: backOff)
    ejectedUntil = max(now.advanced(bySpan: lastDuration), 1)
    isEjected = true
    consecutiveFailures = 0
    return .eject(until: ejectedUntil)
  }

  private mutating func stepDown(_ now: UInt64) {
    guard backOff > 0, lastDuration > 0 else { return }
    let steps = now.since(healthySince) / lastDuration
    guard steps > 0 else { return }
    backOff -= Int(min(UInt64(backOff), steps))
    healthySince += steps * lastDuration
  }
}
