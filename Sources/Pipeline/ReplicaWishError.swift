import Balancing
import ChatProtocols
import Fleet

/// What is wrong with the fields by which a request says what replica it wants.
public enum ReplicaWishError: Error, Sendable, Equatable {
  /// `routing-strategy`.
  case strategy(RoutingStrategyError)
  /// `external-filter`.
  case filter(LabelSelectorError)

  /// Its label in metrics.
  public var reason: String {
    switch self {
    case .strategy: "bad_strategy"
    case .filter: "bad_filter"
    }
  }

  /// What the client is told.
  public var apiError: APIError {
    switch self {
    case .strategy(let error):
      .invalidRequest("\(error)", param: "routing-strategy", code: "invalid_routing_strategy").marked("x-error-routing")
    case .filter(let error):
      .invalidRequest(
        "external-filter is no label selector: \(error); one is such as tier=gold,zone in (a,b),!draining",
        param: "external-filter", code: "invalid_external_filter"
      ).marked("x-error-routing")
    }
  }
}
