/// What part a backend has in its model's requests.
public struct EndpointDetails: Sendable, Equatable {
  public var role: EndpointsDocument.Role
  /// Backends that hand their caches to one another: those of the same name, or those without one.
  public var roleset: String?

  public init(role: EndpointsDocument.Role = .both, roleset: String? = nil) {
    self.role = role
    self.roleset = roleset
  }
}
