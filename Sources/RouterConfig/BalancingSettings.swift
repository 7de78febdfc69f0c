/// How a model's replicas are picked: the blocks `providers.models[].balancing` and `providers.defaults.balancing`,
/// resolved: a key of the model wins over the same key of the defaults. Strategies stand as written; what they mean is
/// known to those that pick.
public struct BalancingSettings: Sendable, Equatable {
  /// A strategy or a weighted combination, such as `prefix-cache:2,least-request:1`; nil is the usual one.
  public var strategy: String?
  /// Holds whatever a client asks for; nil locks nothing.
  public var lockedStrategy: String?
  /// Strategies by name of the profile that a client asks for by the header `config-profile`.
  public var profiles: [String: String]
  /// The profile of requests that ask for none; nil when there is none.
  public var defaultProfile: String?
  /// Time to the first token that the `slo` strategies take for good enough; nil is no target.
  public var firstTokenTarget: Duration?
  /// Requests of each second that the model takes, all replicas and adapters together; nil is no limit. 1 or more.
  public var requestsPerSecond: Int?
  /// By what is judged how much of a prompt each replica has cached.
  public var residency: ResidencySettings

  public init(
    strategy: String? = nil, lockedStrategy: String? = nil, profiles: [String: String] = [:],
    defaultProfile: String? = nil, firstTokenTarget: Duration? = nil, requestsPerSecond: Int? = nil,
    residency: ResidencySettings = ResidencySettings()
  ) {
    self.strategy = strategy
    self.lockedStrategy = lockedStrategy
    self.profiles = profiles
    self.defaultProfile = defaultProfile
    self.firstTokenTarget = firstTokenTarget
    self.requestsPerSecond = requestsPerSecond
    self.residency = residency
  }
}
