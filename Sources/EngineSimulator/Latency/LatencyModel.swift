/// How long a request's tokens take: a pure function of the settings, the number of running requests and a random source.
///
/// With n running requests of at most m, and f the factor under load:
///
///     load(n) = 1                        when m ≤ 1
///             = 1 + (f − 1)(n − 1)/(m − 1)
///     first   = N(transfer)              after a remote prefill; not scaled by the load
///             = N(load·overhead + uncached·load·perToken, σ)  when the time to first token is zero
///             = N(load·ttft, σ)
///     between = N(load·itl, σ)           sampled for each token
///     N(μ, σ) = μ + σ·gauss, held within [0.3 μ, 1.7 μ]
///
/// The original truncates μ, σ and the result to whole milliseconds, so that an inter-token latency of 500 µs becomes 0.
/// Here times keep their fraction, except for v0.5.0.
struct LatencyModel: Sendable, Equatable {
  var settings: LatencySettings
  let maxSequences: Int
  /// Whether every time is cut to whole milliseconds, as v0.5.0 does.
  let truncatesToMilliseconds: Bool

  /// How many times slower tokens are with `running` requests in progress; 1 to the factor under load.
  ///
  /// | factor | running of 5 | load |
  /// |---|---|---|
  /// | 1 | any | 1 |
  /// | 3 | 1 | 1 |
  /// | 3 | 3 | 2 |
  /// | 3 | 5 | 3 |
  func load(running: Int) -> Double {
    guard maxSequences > 1 else { return 1 }
    return 1 + (settings.factorUnderLoad - 1) * Double(max(running, 1) - 1) / Double(maxSequences - 1)
  }

  /// Milliseconds from the start of processing to the first token.
  func timeToFirstToken(
    promptTokens: Int, cachedTokens: Int, prefilledElsewhere: Bool, running: Int, random: inout SeededRandom
  ) -> Double {
    if prefilledElsewhere {
      let perToken = usesPerToken(settings.cacheTransfer)
      let each = settings.cacheTransferPerToken
      return perToken
        ? sample(each.mean * Double(promptTokens), each.standardDeviation, &random)
        : sample(settings.cacheTransfer.mean, settings.cacheTransfer.standardDeviation, &random)
    }
    let load = load(running: running)
    if usesPerToken(settings.timeToFirstToken) {
      let uncached = Double(max(promptTokens - cachedTokens, 0))
      let mean = load * settings.prefillOverhead + uncached * load * settings.prefillPerToken.mean
      return sample(mean, settings.prefillPerToken.standardDeviation, &random)
    }
    return sample(load * settings.timeToFirstToken.mean, settings.timeToFirstToken.standardDeviation, &random)
  }

  /// Milliseconds between two tokens.
  func interTokenLatency(running: Int, random: inout SeededRandom) -> Double {
    sample(load(running: running) * settings.interToken.mean, settings.interToken.standardDeviation, &random)
  }

  private func usesPerToken(_ constant: LatencyDistribution) -> Bool {
    switch settings.calculator {
    case .automatic: return constant.isZero
    case .constant: return false
    case .perToken: return true
    }
  }

  private func sample(_ mean: Double, _ deviation: Double, _ random: inout SeededRandom) -> Double {
    let mean = truncatesToMilliseconds ? mean.rounded(.towardZero) : mean
    let deviation = truncatesToMilliseconds ? deviation.rounded(.towardZero) : deviation
    guard deviation > 0 else { return mean }
    let value = min(max(mean + deviation * random.gaussian(), 0.3 * mean), 1.7 * mean)
    return truncatesToMilliseconds ? value.rounded(.towardZero) : value
  }
}
