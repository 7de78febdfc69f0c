import Synchronization

/// A model and where it runs. Never changes; a reference, since each request passes it on.
public final class FleetModel: Sendable {
  public let name: String
  /// All of them, whatever they do of a request.
  public let placements: [Placement]
  /// LoRA adapters that this model's replicas serve under names of their own.
  public let adapters: [String]
  /// Where engines find the adapters that the router has them load when they are asked for.
  public let adapterSources: [String: String]
  public let policy: ModelPolicy
  /// Those whose engines say that they do not serve the model. They get no requests where another's says that it does; else all
  /// are asked, for engines may answer to a name that they do not list.
  public let strangers: [Placement]
  private let isListed: Bool
  /// Prefill and decode run on replicas of their own, at least one of each.
  public let hasPairs: Bool
  /// Where whole requests go.
  private let whole: [Placement]
  /// Those that prefill or decode; empty without ``hasPairs``.
  private let paired: [Placement]
  /// Of adapters that engines were asked about: the placements whose replicas have it.
  private let adapterPlacements: [String: [Placement]]
  private let adapterPairs: [String: [Placement]]
  private let selected = SelectedPlacements()

  /// - Parameters:
  ///   - holders: by adapter, the replicas (by identity) that said they have it. An adapter that is not in it, or that none of
  ///     the model's replicas has, is asked for on all of them; so is one that the router has loaded.
  ///   - strangers: the replicas (by identity) whose engines say that they do not serve the model.
  ///   - isListed: another's engine says that it does.
  public init(
    name: String, placements: [Placement], adapters: [String] = [], holders: [String: Set<Int>] = [:],
    adapterSources: [String: String] = [:], strangers: Set<Int> = [],
    isListed: Bool = false, policy: ModelPolicy = ModelPolicy()
  ) {
    self.adapterSources = adapterSources
    self.policy = policy
    self.name = name
    self.placements = placements
    self.adapters = adapters
    self.strangers = placements.filter { strangers.contains($0.replica.id) }
    self.isListed = isListed
    let placements = isListed ? placements.filter { !strangers.contains($0.replica.id) } : placements
    hasPairs = placements.contains { $0.role == .prefill } && placements.contains { $0.role == .decode }
    whole = Self.servingWhole(placements)
    paired = hasPairs ? placements.filter { $0.role != .whole } : []
    let having = holders.filter { adapterSources[$0.key] == nil }.mapValues { ids in
      placements.filter { ids.contains($0.replica.id) }
    }
    adapterPlacements = having.compactMapValues { having in
      let whole = Self.servingWhole(having)
      return whole.isEmpty ? nil : whole
    }
    adapterPairs = !hasPairs ? [:] : having.mapValues { $0.filter { $0.role != .whole } }.filter { !$0.value.isEmpty }
  }

  /// Where a whole request may go: the adapter's placements, or all. Never one that only prefills; one that decodes only where
  /// no replica serves requests whole, and if its engine can. Empty where requests are served in pairs alone.
  public func placements(for adapter: String?) -> [Placement] {
    guard let adapter else { return whole }
    return adapterPlacements[adapter] ?? whole
  }

  /// Where the two legs of a request may go: the adapter's placements, or all. Empty without ``hasPairs``.
  public func pairedPlacements(for adapter: String?) -> [Placement] {
    guard let adapter else { return paired }
    return adapterPairs[adapter] ?? paired
  }

  /// Those of ``placements(for:)`` whose labels a selector takes; nil takes all.
  public func placements(for adapter: String?, taking selector: LabelSelector?) -> [Placement] {
    guard let selector else { return placements(for: adapter) }
    return selected.answer(to: .init(selector: selector.text, adapter: adapter, isPaired: false)) {
      selector.filter(placements(for: adapter))
    }
  }

  /// Those of ``pairedPlacements(for:)`` whose labels a selector takes; nil takes all.
  public func pairedPlacements(for adapter: String?, taking selector: LabelSelector?) -> [Placement] {
    guard let selector else { return pairedPlacements(for: adapter) }
    return selected.answer(to: .init(selector: selector.text, adapter: adapter, isPaired: true)) {
      selector.filter(pairedPlacements(for: adapter))
    }
  }

  /// The replicas that do what this one does, itself among them.
  public func peers(of replica: Replica) -> [Placement] {
    let role = placements.first { $0.replica === replica }?.role
    return placements.filter { $0.role == role }
  }

  /// A request for the model failed on one of its replicas, in a way that counts against it: ejects it, unless as many of
  /// those that do the same are out as the policy allows. Of the replicas of an adapter, and of the model's own: else
  /// adapters of a replica each would take out all of them. Any thread; one at a time, so that no two loops take the last
  /// place both.
  ///
  /// - Parameters:
  ///   - isPaired: it was a leg of a request that a pair serves.
  ///   - now: monotonic nanoseconds.
  /// - Returns: the new verdict if it changed.
  public func requestFailed(
    on replica: Replica, adapter: String?, isPaired: Bool, reason: String, now: UInt64
  ) -> ReplicaHealth.Verdict? {
    Self.ejections.withLock { _ in
      let mayEject =
        if isPaired {
          policy.mayEjectMore(of: peers(of: replica), now: now)
        } else {
          policy.mayEjectMore(of: placements(for: adapter), now: now)
            && (adapter == nil || policy.mayEjectMore(of: whole, now: now))
        }
      guard mayEject else {
        replica.load.countFailure()
        return nil
      }
      return replica.requestFailed(reason: reason, now: now)
    }
  }

  /// Models may share replicas, so all share the lock. Failures are rare.
  static let ejections = Mutex(())

  /// What is to be said of one of ``strangers``.
  public func strangeness(of placement: Placement) -> String {
    "replica \(placement.name) (\(placement.replica.authority)) does not list \"\(placement.upstreamModel)\" in its /v1/models, "
      + (isListed
        ? "so it gets no requests for the model" : "nor is any other known to; it is asked all the same")
  }

  private static func servingWhole(_ placements: [Placement]) -> [Placement] {
    guard placements.contains(where: { $0.role != .whole }) else { return placements }
    let whole = placements.filter { $0.role == .whole }
    guard whole.isEmpty else { return whole }
    return placements.filter { $0.role == .decode && $0.handOver?.decodesWhole ?? true }
  }
}
