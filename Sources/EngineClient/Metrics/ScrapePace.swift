/// When a replica is scraped next. A pure machine.
///
/// While its numbers move it is asked every `fastest`; each scrape that finds them unmoved doubles the interval up to
/// `slowest`, each failure in a row up to `slowestFailing`. With 0.5 s, 2 s and 10 s:
///
/// | what happened | next after |
/// |---|---|
/// | the numbers moved | 0.5 s |
/// | unmoved once, twice or more | 1, 2 s |
/// | failed once, twice, 3, 4, 5 times or more | 1, 2, 4, 8, 10 s |
///
/// Numbers are stale when they are older than three times the interval that held after their scrape. The slowest pace and
/// the deadline of a scrape lie within the age up to which choices go by them (``ReplicaMetrics/maximumAge``).
public struct ScrapePace: Sendable, Equatable {
  /// Nanoseconds, as everything here.
  public let fastest: UInt64
  public let slowest: UInt64
  public let slowestFailing: UInt64
  private var unmoved = 0
  private var failures = 0
  /// How old the numbers of the last scrape may become.
  public private(set) var staleAfter: UInt64

  /// - Precondition: `fastest` is above 0 and neither of the others is below it.
  public init(
    fastest: UInt64 = 500_000_000, slowest: UInt64 = 2_000_000_000, slowestFailing: UInt64 = 10_000_000_000
  ) {
    precondition(fastest > 0 && slowest >= fastest && slowestFailing >= fastest)
    self.fastest = fastest
    self.slowest = slowest
    self.slowestFailing = slowestFailing
    staleAfter = 3 * fastest
  }

  /// A scrape succeeded.
  ///
  /// - Returns: nanoseconds until the next.
  public mutating func succeeded(moved: Bool) -> UInt64 {
    failures = 0
    unmoved = moved ? 0 : min(unmoved + 1, 32)
    let interval = min(fastest << UInt64(unmoved), slowest)
    staleAfter = 3 * interval
    return interval
  }

  /// A scrape failed.
  ///
  /// - Returns: nanoseconds until the next.
  public mutating func failed() -> UInt64 {
    failures = min(failures + 1, 32)
    unmoved = 0
    return min(fastest << UInt64(failures), slowestFailing)
  }

  /// Whether the last scrape failed.
  public var isFailing: Bool { failures > 0 }
}
