/// What the endpoints file says of a backend beyond its address.
public struct EndpointDetails: Sendable, Equatable {
  public var role: EndpointsDocument.Role
  /// Endpoints that hand their caches to one another; nil outside rolesets.
  public var roleset: String?
  public var labels: [String: String]

  public init(
    role: EndpointsDocument.Role = .both, roleset: String? = nil, labels: [String: String] = [:]
  ) {
    self.role = role
    self.roleset = roleset
    self.labels = labels
  }
}
