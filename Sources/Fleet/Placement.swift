/// A model on a replica. Immutable; a reference, because every request takes hold of one several times.
public final class Placement: Sendable {
  /// Shown in traces and logs: the backend's name for this model, where several models share a replica.
  public let name: String
  public let replica: Replica
  /// The replica's.
  public let vitals: ReplicaVitals
  /// Share of the traffic relative to the model's other placements; 0 takes none.
  public let weight: Int
  /// The name that the engine knows the model by.
  public let upstreamModel: String
  /// Precedes the client's path, such as `/openai`.
  public let pathPrefix: String
  /// Replaces the path of chat completions when the document says so.
  public let chatPath: String?
  /// Header lines sent to this replica, each `name: value CRLF`; holds the credential, so it is never printed.
  public let headerLines: HeaderLines
  public let role: PlacementRole
  /// Prefill and decode pair only within a group, such as an AIBrix roleset; nil is a group too.
  public let group: String?
  /// How its engine hands caches over; nil where that is not known, so that it pairs with none.
  public let handOver: CacheHandOver?
  /// Where a prefilling SGLang engine waits for those that decode.
  public let bootstrapPort: Int
  /// By which clients may leave replicas out (``LabelSelector``).
  public let labels: ReplicaLabels

  /// SGLang's own default of its bootstrap port.
  public static let usualBootstrapPort = 8998

  public init(
    name: String? = nil, replica: Replica, weight: Int = 1, upstreamModel: String, pathPrefix: String = "",
    chatPath: String? = nil,
    headerLines: HeaderLines = HeaderLines(), role: PlacementRole = .whole, group: String? = nil,
    handOver: CacheHandOver? = .vllm, bootstrapPort: Int = Placement.usualBootstrapPort,
    labels: ReplicaLabels = .none
  ) {
    self.name = name ?? replica.name
    self.replica = replica
    vitals = replica.vitals
    self.weight = weight
    self.upstreamModel = upstreamModel
    self.pathPrefix = pathPrefix
    self.chatPath = chatPath
    self.headerLines = headerLines
    self.role = role
    self.group = group
    self.handOver = handOver
    self.bootstrapPort = bootstrapPort
    self.labels = labels
  }
}
