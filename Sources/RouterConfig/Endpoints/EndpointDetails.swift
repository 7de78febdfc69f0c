/// What the endpoints file says of a backend beyond its address.
public struct EndpointDetails: Sendable, Equatable {
  public var role: EndpointsDocument.Role
  /// Endpoints that hand their caches to one another; nil outside rolesets.
  public var roleset: String?
  public var labels: [String: String]

  /// The label by which AIBrix's pods tell where an SGLang engine waits for those that decode.
  public static let bootstrapPortLabel = "model.aibrix.ai/sglang-bootstrap-port"

  /// What that label says; nil where it is missing or says no port.
  public var bootstrapPort: Int? {
    labels[Self.bootstrapPortLabel].flatMap { Int($0) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
  }

  public init(
    role: EndpointsDocument.Role = .both, roleset: String? = nil, labels: [String: String] = [:]
  ) {
    self.role = role
    self.roleset = roleset
    self.labels = labels
  }
}
