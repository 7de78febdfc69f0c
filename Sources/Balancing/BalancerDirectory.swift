import Fleet
import Synchronization

/// The balancers of all models, kept by name through reloads: what was learnt of a model stays as long as it is served.
public final class BalancerDirectory: Sendable {
  public let index: PrefixIndex
  /// Replicas of the last fleet for which the index had no room: they are chosen without regard to prefixes.
  public var replicasWithoutSlot: Int { withoutSlot.load(ordering: .relaxed) }
  private let withoutSlot = Atomic<Int>(0)
  /// What engines tell of their caches.
  public let tokens: TokenBlockIndex?
  private let balancers = Mutex<[String: ModelBalancer]>([:])

  public init(index: PrefixIndex, tokens: TokenBlockIndex? = nil) {
    self.index = index
    self.tokens = tokens
  }

  /// With indices of its own; ``PrefixIndex`` and ``TokenBlockIndex`` say what memory they take.
  public convenience init(maximumBlocks: Int) throws(PrefixIndex.NoMemory) {
    let index = try PrefixIndex(maximumBlocks: maximumBlocks)
    self.init(
      index: index,
      tokens: try TokenBlockIndex(maximumBlocks: maximumBlocks, maximumReplicas: index.maximumReplicas))
  }

  /// The balancers of a fleet's models, in the order of its models; forgets those of models that are gone. To be called
  /// when the fleet comes into force.
  public func balancers(for fleet: FleetSnapshot) -> [ModelBalancer] {
    withoutSlot.store(index.adopt(fleet.replicas), ordering: .relaxed)
    return balancers.withLock { known in
      let list = fleet.models.map { known[$0.name] ?? ModelBalancer(index: index, tokens: tokens) }
      known = Dictionary(uniqueKeysWithValues: zip(fleet.models.map(\.name), list))
      return list
    }
  }
}
