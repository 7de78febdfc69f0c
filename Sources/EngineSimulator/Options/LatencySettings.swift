/// The mean and the standard deviation of a simulated time, in milliseconds.
public struct LatencyDistribution: Sendable, Equatable {
  public var mean: Double
  public var standardDeviation: Double

  public init(mean: Double = 0, standardDeviation: Double = 0) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  var isZero: Bool { mean == 0 && standardDeviation == 0 }
}

/// Everything that the latency model is configured with; times in milliseconds. It can change while the engine runs
/// (`POST /admin/config`).
public struct LatencySettings: Sendable, Equatable {
  /// Time from the start of a request's processing to its first token.
  public var timeToFirstToken = LatencyDistribution()
  /// Time between two tokens.
  public var interToken = LatencyDistribution()
  /// Takes the place of the time to the first token when the prefill ran elsewhere (`do_remote_prefill`).
  public var cacheTransfer = LatencyDistribution()
  /// The constant share of a per-token prefill.
  public var prefillOverhead = 0.0
  /// The share of each uncached prompt token.
  public var prefillPerToken = LatencyDistribution()
  /// The transfer time of each prompt token; used when ``cacheTransfer`` is zero.
  public var cacheTransferPerToken = LatencyDistribution()
  public var calculator = LatencyCalculator.automatic
  /// How many times slower a full engine is than one with a single request; at least 1.
  public var factorUnderLoad = 1.0

  public init() {}
}
