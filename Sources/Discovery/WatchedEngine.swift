import EngineClient
import Fleet
import RouterConfig

/// An engine of a fleet, and how its metrics and its KV events are reached.
public struct WatchedEngine: Sendable {
  public var replica: Replica
  /// Where its metrics are; nil is the replica's own port.
  public var metricsPort: Int?
  /// nil means that its page tells it.
  public var dialect: EngineDialect?
  /// nil means that they are not listened to.
  public var cacheEvents: CacheEventEndpoints?
  /// A model of it goes by the tokens in its events.
  public var isExact: Bool

  public init(
    replica: Replica, metricsPort: Int? = nil, dialect: EngineDialect? = nil, cacheEvents: CacheEventEndpoints? = nil,
    isExact: Bool = false
  ) {
    self.replica = replica
    self.metricsPort = metricsPort
    self.dialect = dialect
    self.cacheEvents = cacheEvents
    self.isExact = isExact
  }

  /// The engines of a fleet that a document declares. Those that want a credential are other people's services: they are
  /// not watched. Of several backends at one address, each thing is said by the first that says it.
  public static func all(of fleet: FleetSnapshot, in document: RouterDocument) -> [WatchedEngine] {
    let closed = fleet.closedReplicas
    var said: [Address: WatchedEngine] = [:]
    var order: [Address] = []
    for replica in fleet.replicas where !closed.contains(replica.id) {
      let address = Address(host: replica.host, port: replica.port, usesTLS: replica.usesTLS)
      order.append(address)
      said[address] = WatchedEngine(replica: replica)
    }
    for (model, backend) in document.providers.models.flatMap({ model in model.backends.map { (model, $0) } }) {
      let address = Address(host: backend.host, port: backend.port, usesTLS: backend.usesTLS)
      guard var engine = said[address] else { continue }
      if model.balancing.residency.isExact { engine.isExact = true }
      engine.metricsPort = engine.metricsPort ?? backend.metricsPort
      engine.cacheEvents = engine.cacheEvents ?? backend.cacheEvents
      // `vllm` is what a backend is called that does not say what it is.
      if engine.dialect == nil, backend.type != "vllm" { engine.dialect = EngineDialect.named(backend.type) }
      said[address] = engine
    }
    return order.compactMap { said[$0] }
  }

  /// For the scraper.
  public var scrapeTarget: MetricsScraper.Target {
    MetricsScraper.Target(replica: replica, port: metricsPort, dialect: dialect)
  }

  /// For the subscriber; nil when there is nothing to listen to.
  public var cacheEventSource: CacheEventSubscriber.Source? {
    cacheEvents.map { endpoints in
      CacheEventSubscriber.Source(
        .connect(endpoints.publisher), publisher: .replica(replica.id),
        replayEndpoints: endpoints.replay.map { [replica.id: $0] } ?? [:], wantsTokens: isExact)
    }
  }

  /// Models that are to go by KV events of which there are none: a sentence for each.
  public static func modelsWithoutEvents(in document: RouterDocument) -> [String] {
    document.providers.models.filter { model in
      model.balancing.residency.isExact && !model.backends.isEmpty
        && !model.backends.contains { $0.cacheEvents != nil && $0.credential == nil }
    }.map { model in
      "model \"\(model.name)\": balancing.kv_events.exact is true, and none of its engines is listened to; write kv_events: {} at "
        + "its backend_refs or endpoints"
    }
  }

  /// Whether both are reached in the same way.
  public func isWatched(like other: WatchedEngine) -> Bool {
    replica === other.replica && metricsPort == other.metricsPort && dialect?.name == other.dialect?.name
      && cacheEvents == other.cacheEvents && isExact == other.isExact
  }

  private struct Address: Hashable {
    var host: String
    var port: Int
    var usesTLS: Bool
  }
}

extension FleetSnapshot {
  /// The identities of replicas to which a credential is sent: other people's services, which are asked for answers and for
  /// nothing else.
  public var closedReplicas: Set<Int> {
    Set(models.flatMap(\.placements).filter(\.headerLines.authenticates).map(\.replica.id))
  }
}
