/// Why a request cannot be routed. Each is the client's 400.
public enum RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
  case modelNotAvailable(String)
  case noDefaultModel

  public var description: String {
    switch self {
    case .modelNotAvailable(let name): "model \"\(name)\" is not available"
    case .noDefaultModel: "unable to route request: no model selected and no default model configured"
    }
  }
}
