import RouterConfig

import struct Balancing.RoutingStrategy

/// A profile of a model, compiled.
public struct StrategyProfile: Sendable {
  public let name: String
  /// nil is the model's own.
  public let strategy: RoutingStrategy?
  /// Requests of each second that may have it; nil is no limit.
  public let requestsPerSecond: Int?
  private let promptTokens: TokenSpan
  private let maxTokens: TokenSpan

  init(_ profile: BalancingProfile, named name: String, strategy: RoutingStrategy?) {
    self.name = name
    self.strategy = strategy
    requestsPerSecond = profile.requestsPerSecond
    promptTokens = profile.promptTokens
    maxTokens = profile.maxTokens
  }

  /// Whether `auto` may mean it: it says which requests it is for.
  var hasBounds: Bool { promptTokens.bounds + maxTokens.bounds > 0 }

  func fits(_ tokens: RequestTokens) -> Bool {
    promptTokens.contains(tokens.prompt) && maxTokens.contains(tokens.most.map(Double.init))
  }

  /// Whether it is the better one where both fit: more bounds, then the narrower span of prompts, then of answers, then the
  /// first by name.
  func isMoreSpecific(than other: StrategyProfile) -> Bool {
    func order(_ profile: StrategyProfile) -> (Int, Int, Int, String) {
      (
        -(profile.promptTokens.bounds + profile.maxTokens.bounds), profile.promptTokens.width, profile.maxTokens.width,
        profile.name
      )
    }
    return order(self) < order(other)
  }
}
