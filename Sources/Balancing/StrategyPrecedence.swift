/// Which strategy holds for a request: locked before header before profile before the model's own.
public struct StrategyPrecedence: Sendable, Equatable {
  /// Set by whoever runs the model; nothing a client sends changes it.
  public var locked: RoutingStrategy?
  /// Of the routing profile that the request asks for or matches.
  public var profile: RoutingStrategy?
  /// The model's, or that of the whole gateway.
  public var standard: RoutingStrategy

  public init(
    locked: RoutingStrategy? = nil, profile: RoutingStrategy? = nil, standard: RoutingStrategy = .init(.standard)
  ) {
    self.locked = locked
    self.profile = profile
    self.standard = standard
  }

  /// - Parameters:
  ///   - header: the value of `routing-strategy`; nil or empty is none. Not read when a strategy is locked.
  ///   - held: of the profile that holds for this request, before ``profile``.
  /// - Throws: what is wrong with the header.
  public func strategy(
    header: String?, profile held: RoutingStrategy? = nil
  ) throws(RoutingStrategyError) -> RoutingStrategy {
    if let locked { return locked }
    if let header, !header.isEmpty { return try RoutingStrategy(parsing: header) }
    return held ?? profile ?? standard
  }
}
