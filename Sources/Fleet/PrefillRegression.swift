/// Learns what an engine's prefill costs: seconds = fixed × requests + tokens ÷ rate.
///
/// A sample is a stretch of time in which the engine had prompts to read: how long it was, how many first tokens came in it
/// and how many uncached tokens were read for them. That holds for engines that read one prompt at a time and for those that
/// read several together. Least squares without intercept over both unknowns, older samples fading by ``decay`` each; the
/// fixed part is 0 where the samples cannot tell it apart (prompts all alike) or would make it negative. A sample is
/// clipped to a quarter and to four times of what was expected once ``trustedSamples`` are in, so that one stall does not
/// unlearn the rate.
public struct PrefillRegression: Sendable, Equatable {
  /// Half of a sample's weight is gone after 34 more.
  public static let decay = 0.98
  /// Samples before the result is used.
  public static let trustedSamples = 8

  /// Samples so far.
  public private(set) var samples = 0
  private var requestsRequests = 0.0
  private var requestsTokens = 0.0
  private var tokensTokens = 0.0
  private var requestsSeconds = 0.0
  private var tokensSeconds = 0.0
  private var residualSquares = 0.0
  private var residuals = 0.0

  public init() {}

  /// What was learnt; nil before ``trustedSamples``.
  public private(set) var cost: PrefillCost?

  /// How far what was learnt may be off by chance, as a share of it: the standard error of the mean of the residuals.
  public var relativeError: Double {
    residuals > 0 ? (residualSquares / residuals / residuals).squareRoot() : .infinity
  }

  /// - Parameters:
  ///   - seconds: of work, above 0.
  ///   - requests: first tokens in that time, at least 1.
  ///   - tokens: uncached ones.
  public mutating func add(seconds: Double, requests: Double, tokens: Double) {
    guard seconds > 0, requests >= 1, tokens >= 0, (seconds + requests + tokens).isFinite else { return }
    var seconds = seconds
    // Of nothing to read nothing is expected, and there is nothing to compare with.
    if let cost, case let expected = cost.seconds(requests: requests, tokens: tokens), expected > 0 {
      seconds = min(max(seconds, expected / 4), expected * 4)
      let residual = seconds / expected - 1
      residualSquares = residualSquares * Self.decay + residual * residual
      residuals = residuals * Self.decay + 1
    }
    // Longer stretches vary more: weighted by one over their requests.
    let weight = 1 / requests
    requestsRequests = requestsRequests * Self.decay + weight * requests * requests
    requestsTokens = requestsTokens * Self.decay + weight * requests * tokens
    tokensTokens = tokensTokens * Self.decay + weight * tokens * tokens
    requestsSeconds = requestsSeconds * Self.decay + weight * requests * seconds
    tokensSeconds = tokensSeconds * Self.decay + weight * tokens * seconds
    samples += 1
    if samples >= Self.trustedSamples { cost = solve() }
  }

  private func solve() -> PrefillCost? {
    guard tokensTokens > 0, tokensSeconds > 0 else { return cost }
    let determinant = requestsRequests * tokensTokens - requestsTokens * requestsTokens
    if determinant > 0.01 * requestsRequests * tokensTokens {
      let fixed = (requestsSeconds * tokensTokens - tokensSeconds * requestsTokens) / determinant
      let perToken = (tokensSeconds * requestsRequests - requestsSeconds * requestsTokens) / determinant
      if fixed >= 0, perToken > 0 { return PrefillCost(fixedSeconds: fixed, tokensPerSecond: 1 / perToken) }
    }
    return PrefillCost(fixedSeconds: 0, tokensPerSecond: tokensTokens / tokensSeconds)
  }
}

/// What an engine's prefill costs.
public struct PrefillCost: Sendable, Equatable {
  /// Before anything is known. Equal for all replicas, it compares them by their tokens; its size matters only beside
  /// figures in seconds.
  public static let assumed = PrefillCost(fixedSeconds: 0, tokensPerSecond: 8_000)

  /// For each request, whatever its length.
  public var fixedSeconds: Double
  /// Uncached prompt tokens.
  public var tokensPerSecond: Double

  @inlinable public init(fixedSeconds: Double, tokensPerSecond: Double) {
    self.fixedSeconds = fixedSeconds
    self.tokensPerSecond = tokensPerSecond
  }

  @inlinable public func seconds(requests: Double = 1, tokens: Double) -> Double {
    fixedSeconds * requests + tokens / tokensPerSecond
  }

  /// Whether it costs clearly another time than `other`, for a prompt of 1 000 tokens: more than an eighth apart, and twice
  /// what may be chance.
  ///
  /// - Parameter relativeError: ``PrefillRegression/relativeError`` of this cost.
  public func differs(from other: PrefillCost, relativeError: Double) -> Bool {
    let ratio = seconds(tokens: 1_000) / other.seconds(tokens: 1_000)
    let bound = 1.125 + 2 * relativeError
    return ratio > bound || ratio < 1 / bound
  }
}
