/// What the endpoints file says of a backend beyond its address and its labels.
public struct EndpointDetails: Sendable, Equatable {
  public var role: EndpointsDocument.Role
  /// Endpoints that hand their caches to one another; nil outside rolesets.
  public var roleset: String?

  public init(role: EndpointsDocument.Role = .both, roleset: String? = nil) {
    self.role = role
    self.roleset = roleset
  }
}
