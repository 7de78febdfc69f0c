/// One of a model's profiles: what holds for requests that ask for it by the header `config-profile`, or that it fits where
/// they leave the choice (`auto`).
public struct BalancingProfile: Sendable, Equatable {
  /// What a request asks for in place of a name: the profile that fits it.
  public static let automaticName = "auto"

  /// A strategy or a weighted combination; nil is the model's own.
  public var strategy: String?
  /// The prompts that it is for, in tokens as they are estimated.
  public var promptTokens: TokenSpan
  /// The answers that it is for, by the most tokens that the request allows.
  public var maxTokens: TokenSpan
  /// Requests of each second that may have it; nil is no limit. 1 or more.
  public var requestsPerSecond: Int?

  public init(
    _ strategy: String? = nil, promptTokens: TokenSpan = TokenSpan(), maxTokens: TokenSpan = TokenSpan(),
    requestsPerSecond: Int? = nil
  ) {
    self.strategy = strategy
    self.promptTokens = promptTokens
    self.maxTokens = maxTokens
    self.requestsPerSecond = requestsPerSecond
  }

  /// It says nothing but its strategy.
  var isStrategyAlone: Bool { self == BalancingProfile(strategy) && strategy != nil }
}

/// Numbers of tokens from one up to another.
public struct TokenSpan: Sendable, Equatable {
  /// nil is no bound.
  public var atLeast: Int?
  public var below: Int?

  public init(atLeast: Int? = nil, below: Int? = nil) {
    self.atLeast = atLeast
    self.below = below
  }

  /// No number is in it.
  public var isEmpty: Bool { (below ?? .max) <= (atLeast ?? 0) }

  /// How many bounds it has.
  public var bounds: Int { (atLeast == nil ? 0 : 1) + (below == nil ? 0 : 1) }

  /// How many numbers are in it.
  public var width: Int { max(0, (below ?? .max) - (atLeast ?? 0)) }

  /// - Parameter tokens: nil where nothing is known, which no bound fits.
  public func contains(_ tokens: Double?) -> Bool {
    guard let tokens else { return bounds == 0 }
    return tokens >= Double(atLeast ?? 0) && tokens < below.map(Double.init) ?? .infinity
  }
}
