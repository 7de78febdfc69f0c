import Discovery
import EngineClient
import Fleet
import RouterConfig
import Testing

@Suite("How the engines of a fleet are watched")
struct WatchedEngineTests {
  private func backend(_ port: Int, type: String = "vllm") -> BackendReference {
    BackendReference(name: "b\(port)", host: "h", port: port, type: type)
  }

  /// A fleet of these replicas, one model a backend.
  private func engines(_ backends: [BackendReference], closed: Set<Int> = []) -> [WatchedEngine] {
    var replicas: [Replica] = []
    for backend in backends where !replicas.contains(where: { $0.port == backend.port }) {
      replicas.append(
        Replica(id: replicas.count, name: backend.name, host: backend.host, port: backend.port))
    }
    let models = replicas.map { replica in
      var lines = HeaderLines()
      if closed.contains(replica.id) { lines.append(name: "authorization", value: "Bearer x", isCredential: true) }
      return FleetModel(
        name: replica.name, placements: [Placement(replica: replica, upstreamModel: "m", headerLines: lines)])
    }
    let document = RouterDocument(providers: Providers(models: [ProviderModel(name: "m", backends: backends)]))
    return WatchedEngine.all(of: FleetSnapshot(models: models, replicas: replicas), in: document)
  }

  @Test("an engine is scraped on its own port in the dialect that its page tells, unless the document says more")
  func scraping() {
    var elsewhere = backend(2, type: "sglang")
    elsewhere.metricsPort = 9_000
    let targets = engines([backend(1), elsewhere, backend(3, type: "unheard-of")]).map(\.scrapeTarget)
    #expect(targets.map(\.replica.port) == [1, 2, 3])
    #expect(targets.map(\.port) == [nil, 9_000, nil])
    #expect(targets.map(\.dialect?.name) == [nil, "sglang", nil])
    #expect(targets.allSatisfy { $0.headers.isEmpty })
  }

  @Test("services that want a credential are left alone")
  func closed() {
    #expect(engines([backend(1), backend(2)], closed: [0]).map(\.replica.port) == [2])
  }

  @Test("of several backends at one address the first that says a thing counts")
  func sharedAddress() {
    var second = backend(1)
    second.metricsPort = 9_000
    var third = backend(1, type: "trtllm")
    third.metricsPort = 9_001
    let engines = engines([backend(1), second, third])
    #expect(engines.count == 1)
    #expect(engines[0].metricsPort == 9_000)
    #expect(engines[0].dialect?.name == "trtllm")
  }

  @Test("KV events are listened to where an endpoint is given")
  func events() {
    var first = backend(1)
    first.cacheEvents = CacheEventEndpoints(publisher: "tcp://h:5", replay: "tcp://h:6")
    var second = backend(2)
    second.cacheEvents = CacheEventEndpoints(publisher: "tcp://h:7", replay: nil)
    let sources = engines([first, second, backend(3)]).map(\.cacheEventSource)
    #expect(
      sources == [
        CacheEventSubscriber.Source(
          .connect("tcp://h:5"), publisher: .replica(0), replayEndpoints: [0: "tcp://h:6"]),
        CacheEventSubscriber.Source(.connect("tcp://h:7"), publisher: .replica(1)), nil,
      ])
  }

  @Test("engines are told apart by what matters for watching them")
  func sameness() {
    let engine = engines([backend(1)])[0]
    var other = engine
    #expect(engine.isWatched(like: other))
    other.metricsPort = 2
    #expect(!engine.isWatched(like: other))
    other = engine
    other.cacheEvents = CacheEventEndpoints(host: "h")
    #expect(!engine.isWatched(like: other))
    #expect(!engine.isWatched(like: engines([backend(1)])[0]))
  }
}
