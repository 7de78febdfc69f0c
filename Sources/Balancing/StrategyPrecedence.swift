/// Which strategy holds for a request: locked before header before profile before the model's own.
public struct StrategyPrecedence: Sendable, Equatable {
  /// Set by whoever runs the model; nothing a client sends changes it.
  public var locked: RoutingStrategy?
  /// The model's, or that of the whole gateway.
  public var standard: RoutingStrategy

  public init(locked: RoutingStrategy? = nil, standard: RoutingStrategy = .init(.standard)) {
    self.locked = locked
    self.standard = standard
  }

  /// - Parameters:
  ///   - header: the value of `routing-strategy`; nil or empty is none. Not read when a strategy is locked.
  ///   - profile: of the routing profile that the request asks for or matches.
  /// - Throws: what is wrong with the header.
  public func strategy(
    header: String?, profile: RoutingStrategy? = nil
  ) throws(RoutingStrategyError) -> RoutingStrategy {
    if let locked { return locked }
    if let header, !header.isEmpty { return try RoutingStrategy(parsing: header) }
    return profile ?? standard
  }
}
