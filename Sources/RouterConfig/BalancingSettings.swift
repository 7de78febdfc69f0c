/// How a model's replicas are picked: the blocks `providers.models[].balancing` and `providers.defaults.balancing`,
/// resolved: a key of the model wins over the same key of the defaults. Strategies stand as written; what they mean is
/// known to those that pick.
public struct BalancingSettings: Sendable, Equatable {
  /// A strategy or a weighted combination, such as `prefix-cache:2,least-request:1`; nil is the usual one.
  public var strategy: String?
  /// Holds whatever a client asks for; nil locks nothing.
  public var lockedStrategy: String?
  /// Nothing that a client sends changes the choice, and answers do not tell of it.
  public var isAuthoritative: Bool
  /// By the name that a client asks for by the header `config-profile`.
  public var profiles: [String: BalancingProfile]
  /// The profile of requests that ask for none, or ``BalancingProfile/automaticName``; nil when there is none.
  public var defaultProfile: String?
  /// Time to the first token that the `slo` strategies take for good enough; nil is no target.
  public var firstTokenTarget: Duration?
  /// Requests of each second that the model takes, all replicas and adapters together; nil is no limit. 1 or more.
  public var requestsPerSecond: Int?
  /// By what is judged how much of a prompt each replica has cached.
  public var residency: ResidencySettings

  public init(
    strategy: String? = nil, lockedStrategy: String? = nil, isAuthoritative: Bool = false,
    profiles: [String: BalancingProfile] = [:], defaultProfile: String? = nil, firstTokenTarget: Duration? = nil,
    requestsPerSecond: Int? = nil, residency: ResidencySettings = ResidencySettings()
  ) {
    self.strategy = strategy
    self.lockedStrategy = lockedStrategy
    self.isAuthoritative = isAuthoritative
    self.profiles = profiles
    self.defaultProfile = defaultProfile
    self.firstTokenTarget = firstTokenTarget
    self.requestsPerSecond = requestsPerSecond
    self.residency = residency
  }

  /// These, and what others say where these say nothing.
  func filled(with others: BalancingSettings) -> BalancingSettings {
    BalancingSettings(
      strategy: strategy ?? others.strategy, lockedStrategy: lockedStrategy ?? others.lockedStrategy,
      isAuthoritative: isAuthoritative || others.isAuthoritative,
      profiles: profiles.merging(others.profiles) { own, _ in own },
      defaultProfile: defaultProfile ?? others.defaultProfile,
      firstTokenTarget: firstTokenTarget ?? others.firstTokenTarget,
      requestsPerSecond: requestsPerSecond ?? others.requestsPerSecond,
      residency: residency == ResidencySettings() ? others.residency : residency)
  }
}
