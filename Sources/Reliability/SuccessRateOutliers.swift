/// Finds replicas that fail far more often than the others of their model do, over one interval.
///
/// Envoy ejects below mean − 1.9 σ of the success rates, over at least five hosts with a hundred requests each. A model
/// here has two to eight replicas and an interval a few dozen requests: then one bad host of four pulls mean and σ so far
/// that nothing can lie below (a single value of n lies at most √(n−1) σ from the mean: 1.73 σ of four), and a rate of few
/// requests is a coarse thing.
///
/// So each replica is compared with all others together, without itself (leave one out), by a test for two proportions
/// that holds for few requests: the difference of the success rates over its standard error, one success and one failure
/// added to either side (Agresti and Caffo 2000, "Simple and effective confidence intervals for proportions"):
///
///     p = (successes + 1) ÷ (requests + 2)
///     z = (p_others − p) ÷ √( p(1−p) ÷ (requests+2) + p_others(1−p_others) ÷ (requests_others+2) )
///
/// It is an outlier if it and the others have `minimumRequests` each, the plain rates differ by `minimumDifference` at
/// least (a fleet of 99.99 % and 99.5 % is healthy, however certain the difference), and z ≥ `minimumZ`. The worst goes
/// first and is then left out of the others' rate, so that two bad ones do not hide each other.
///
///     replica      others       difference   z      verdict
///     0 of 10      30 of 30     1.00         10.3   outlier
///     5 of 10      30 of 30     0.50          3.2   outlier
///     7 of 10      30 of 30     0.30          2.2   stays: three failures are too few to tell
///     28 of 40     120 of 120   0.30          4.2   outlier
///     90 of 100    300 of 300   0.10          3.4   stays: the difference is small
///     2 of 10      6 of 30      0.00         -0.2   stays: all fail alike, so the fault is not the replica's
public struct SuccessRateOutliers: Sendable, Equatable {
  /// One replica's interval.
  public struct Sample: Sendable, Equatable {
    public var successes: Int
    public var failures: Int
    /// Ejected or failing its probes already: it is not compared, and counts as ejected for the bound.
    public var isOut: Bool

    public init(successes: Int, failures: Int, isOut: Bool = false) {
      self.successes = successes
      self.failures = failures
      self.isOut = isOut
    }

    var requests: Int { successes + failures }
  }

  /// Requests of the replica and of the others in the interval below which nothing is said.
  public var minimumRequests: Int
  /// Difference of the success rates, 0…1.
  public var minimumDifference: Double
  /// In standard errors; 3 is passed by chance about once in 740 comparisons of equals, those that the difference
  /// already rules out included.
  public var minimumZ: Double
  /// Share of a model's replicas that may be ejected at once, in percent (``ejectionLimit(ofReplicas:)``).
  public var maximumEjectionPercent: Int
  /// How often to look, nanoseconds: the span over which the caller collects a sample.
  public var interval: UInt64

  public init(
    minimumRequests: Int = 10, minimumDifference: Double = 0.2, minimumZ: Double = 3, maximumEjectionPercent: Int = 50,
    interval: UInt64 = .seconds(10)
  ) {
    self.minimumRequests = minimumRequests
    self.minimumDifference = minimumDifference
    self.minimumZ = minimumZ
    self.maximumEjectionPercent = maximumEjectionPercent
    self.interval = interval
  }

  /// How many of `count` replicas may be out at once: ⌊count × percent ÷ 100⌋, and never the last.
  ///
  ///     replicas   1  2  3  4  5  8
  ///     at 50 %    0  1  1  2  2  4
  ///     at 100 %   0  1  2  3  4  7
  public func limit(ofReplicas count: Int) -> Int {
    max(0, min(count - 1, count * max(0, min(100, maximumEjectionPercent)) / 100))
  }

  /// How many may be ejected at once: ``limit(ofReplicas:)``, but one whatever the share, unless that is 0. An only one is
  /// taken all the same, and its state is told.
  public func ejectionLimit(ofReplicas count: Int) -> Int {
    maximumEjectionPercent <= 0 ? 0 : max(1, limit(ofReplicas: count))
  }

  /// The indices of the replicas to eject now, the worst first. O(replicas × ejected); once an interval, so it may
  /// allocate.
  public func outliers(among samples: [Sample]) -> [Int] {
    let room = ejectionLimit(ofReplicas: samples.count) - samples.count { $0.isOut }
    guard room > 0 else { return [] }
    var compared = samples.indices.filter { !samples[$0].isOut }
    var successes = compared.reduce(0) { $0 + samples[$1].successes }
    var requests = compared.reduce(0) { $0 + samples[$1].requests }
    var outliers: [Int] = []
    while outliers.count < room {
      var worst = -1
      var worstZ = minimumZ
      for index in compared {
        let sample = samples[index]
        guard sample.requests >= minimumRequests, requests - sample.requests >= minimumRequests,
          let z = z(sample, successes - sample.successes, requests - sample.requests), z >= worstZ,
          worst < 0 || z > worstZ
        else { continue }
        worst = index
        worstZ = z
      }
      guard worst >= 0 else { break }
      outliers.append(worst)
      compared.removeAll { $0 == worst }
      successes -= samples[worst].successes
      requests -= samples[worst].requests
    }
    return outliers
  }

  /// Nil when the plain rates differ too little.
  private func z(_ sample: Sample, _ otherSuccesses: Int, _ otherRequests: Int) -> Double? {
    let rate = Double(sample.successes) / Double(sample.requests)
    let otherRate = Double(otherSuccesses) / Double(otherRequests)
    guard otherRate - rate >= minimumDifference else { return nil }
    let n = Double(sample.requests + 2)
    let otherN = Double(otherRequests + 2)
    let p = Double(sample.successes + 1) / n
    let otherP = Double(otherSuccesses + 1) / otherN
    let variance = p * (1 - p) / n + otherP * (1 - otherP) / otherN
    return (otherP - p) / variance.squareRoot()
  }
}
