/// A model and where it runs.
public struct FleetModel: Sendable {
  public let name: String
  public let placements: [Placement]
  /// LoRA adapters that this model's replicas serve under names of their own.
  public let adapters: [String]
  public let policy: ModelPolicy
  /// Of adapters that engines were asked about: the placements whose replicas have it.
  private let adapterPlacements: [String: [Placement]]

  /// - Parameter holders: by adapter, the replicas (by identity) that said they have it. An adapter that is not in it, or
  ///   that none of the model's replicas has, is asked for on all of them.
  public init(
    name: String, placements: [Placement], adapters: [String] = [], holders: [String: Set<Int>] = [:],
    policy: ModelPolicy = ModelPolicy()
  ) {
    self.policy = policy
    self.name = name
    self.placements = placements
    self.adapters = adapters
    adapterPlacements = holders.compactMapValues { ids in
      let having = placements.filter { ids.contains($0.replica.id) }
      return having.isEmpty ? nil : having
    }
  }

  /// Where a request may go: the adapter's placements, or all.
  public func placements(for adapter: String?) -> [Placement] {
    guard let adapter else { return placements }
    return adapterPlacements[adapter] ?? placements
  }
}
