import Balancing
import RouterConfig

import struct Balancing.RoutingStrategy

/// The strategies of one model under one configuration.
public struct ModelStrategies: Sendable {
  public let precedence: StrategyPrecedence
  /// By the profile's name.
  public let profiles: [String: RoutingStrategy]
  public let defaultProfile: String?
  /// The document says how replicas are picked. Then answers tell, as those of AIBrix's gateway with a strategy do.
  public let isConfigured: Bool
  /// Seconds; nil without a target.
  public let firstTokenTarget: Double?
  /// Requests of each second that the model takes; nil is no limit.
  public let requestsPerSecond: Int?
  /// How choices go by what engines tell of their caches; nil where they do not.
  public let residency: Residency?

  /// Of choices that go by what engines tell.
  public struct Residency: Sendable {
    /// How long a request waits for its prompt's tokens.
    public let tokenizeNanoseconds: Int64
    public let weights: TierWeights

    /// nil where engines are not gone by.
    init?(_ settings: ResidencySettings) {
      guard settings.isExact else { return nil }
      tokenizeNanoseconds = Int64(clamping: UInt64.span(settings.tokenizeTimeout))
      weights = TierWeights(cpu: settings.cpuTier, disk: settings.diskTier)
    }
  }

  /// A setting that means nothing.
  struct Fault: Error {
    /// Keys below `balancing`.
    var path: [String]
    var error: RoutingStrategyError
  }

  /// - Throws: the first strategy that means nothing.
  init(_ settings: BalancingSettings) throws(Fault) {
    let locked = try Self.strategy(settings.lockedStrategy, at: ["locked_strategy"])
    let standard = try Self.strategy(settings.strategy, at: ["strategy"])
    var profiles: [String: RoutingStrategy] = [:]
    for (name, text) in settings.profiles.sorted(by: { $0.key < $1.key }) {
      profiles[name] = try Self.strategy(text, at: ["profiles", name])
    }
    precedence = StrategyPrecedence(locked: locked, standard: standard ?? RoutingStrategy(.standard))
    self.profiles = profiles
    defaultProfile = settings.defaultProfile
    isConfigured = locked != nil || standard != nil || settings.defaultProfile != nil
    firstTokenTarget = settings.firstTokenTarget.map { $0 / .seconds(1) }
    requestsPerSecond = settings.requestsPerSecond
    residency = Residency(settings.residency)
  }

  private static func strategy(_ text: String?, at path: [String]) throws(Fault) -> RoutingStrategy? {
    guard let text else { return nil }
    do throws(RoutingStrategyError) {
      return try RoutingStrategy(parsing: text)
    } catch {
      throw Fault(path: path, error: error)
    }
  }
}
