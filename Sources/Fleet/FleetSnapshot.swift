/// The fleet as one request sees it: published whole, never changed.
public struct FleetSnapshot: Sendable {
  public let models: [FleetModel]
  /// Every replica once, whatever the number of models it serves.
  public let replicas: [Replica]
  /// The identity of the next replica that is made: above those of all replicas that this fleet or one before it had,
  /// so that no identity is ever given twice.
  public let nextReplicaID: Int
  private let modelIndex: [String: Int]

  /// - Parameter previous: the snapshot that this one replaces.
  /// - Precondition: model names are unique.
  public init(models: [FleetModel], replicas: [Replica], replacing previous: FleetSnapshot? = nil) {
    self.models = models
    self.replicas = replicas
    nextReplicaID = max(previous?.nextReplicaID ?? 0, (replicas.map(\.id).max() ?? -1) + 1)
    modelIndex = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1.name, $0) })
  }

  /// How many replicas may be chosen.
  public var usableReplicas: Int { replicas.count { $0.health.mayBeChosen } }

  public func index(ofModel name: String) -> Int? { modelIndex[name] }
  public func model(named name: String) -> FleetModel? { modelIndex[name].map { models[$0] } }
}
