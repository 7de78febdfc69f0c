import Balancing
import RouterConfig

import struct Balancing.RoutingStrategy

/// The strategies of one model under one configuration. A reference, since each request passes them on.
public final class ModelStrategies: Sendable {
  public let precedence: StrategyPrecedence
  /// By name.
  private let profiles: [String: StrategyProfile]
  /// Those that `auto` may mean, the most specific first.
  private let automatic: [StrategyProfile]
  private let defaultProfile: String?
  /// Nothing that a client sends changes the choice, and answers do not tell of it.
  public let isAuthoritative: Bool
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
    var profiles: [String: StrategyProfile] = [:]
    for (name, profile) in settings.profiles.sorted(by: { $0.key < $1.key }) {
      profiles[name] = StrategyProfile(
        profile, named: name, strategy: try Self.strategy(profile.strategy, at: ["profiles", name]))
    }
    precedence = StrategyPrecedence(locked: locked, standard: standard ?? RoutingStrategy(.standard))
    self.profiles = profiles
    automatic = profiles.values.filter(\.hasBounds).sorted { $0.isMoreSpecific(than: $1) }
    defaultProfile = settings.defaultProfile
    isAuthoritative = settings.isAuthoritative
    isConfigured = locked != nil || standard != nil || settings.defaultProfile != nil
    firstTokenTarget = settings.firstTokenTarget.map { $0 / .seconds(1) }
    requestsPerSecond = settings.requestsPerSecond
    residency = Residency(settings.residency)
  }

  /// Whether a client may say by which strategy, by which profile and from which replicas its replica is picked.
  public var isOpen: Bool { precedence.locked == nil && !isAuthoritative }

  /// The profile that holds for a request: what it asks for, or else the default.
  ///
  /// - Parameter name: of a profile, or `auto`; one that is not known is none.
  func profile(named name: String?, for tokens: RequestTokens) -> StrategyProfile? {
    profile(name, for: tokens) ?? profile(defaultProfile, for: tokens)
  }

  private func profile(_ name: String?, for tokens: RequestTokens) -> StrategyProfile? {
    guard let name else { return nil }
    return name == BalancingProfile.automaticName ? automatic.first { $0.fits(tokens) } : profiles[name]
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
