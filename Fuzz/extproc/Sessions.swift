import Balancing
import EngineClient
import EnvoyWire
import ExtProc
import Fleet
import FuzzCommand
import Gateway
import Pipeline
import Reading
import Reliability
import RouterConfig
import Seeded
import Telemetry

/// Drives sessions of the external processor with the messages of random exchanges, in every mode and role, some of them
/// in an order that Envoy never sends, and checks what must hold: whoever waits for a reply gets it, in order, none
/// follows an immediate one, and what was counted is given back.
struct Sessions {
  let context: GatewayContext
  let snapshot: RoutingSnapshot
  private let scopes: [ProcessorScope]
  private let replicas: [Replica]
  private let load = GatewayLoad(shedder: LoadShedder(maximumRequests: 10, maximumBytes: 3_000))

  init() throws {
    replicas = (0..<2).map { Replica(id: $0, name: "r\($0)", host: "10.0.0.\($0 + 1)", port: 80, requestLimit: 8) }
    let fleet = FleetSnapshot(
      models: [
        FleetModel(
          name: "alpha", placements: replicas.map { Placement(replica: $0, upstreamModel: "org/alpha") },
          adapters: ["alpha-math"])
      ], replicas: replicas)
    let text = """
      version: v0.3
      providers:
        defaults: {default_model: alpha}
        models: [{name: alpha, backend_refs: [{name: r, endpoint: "10.0.0.1:80"}]}]
      routing: {}
      """
    let document = try ConfigurationLoader(environment: [:]).load(Array(text.utf8), file: "fuzz.yaml").document
    snapshot = try RoutingSnapshot(
      document: document, fleet: fleet, models: ReadingModels(domain: LinearDomainClassifier.bundled()),
      balancers: BalancerDirectory(maximumBlocks: 1_000), generation: 1)
    var settings = GatewaySettings()
    settings.bodyLimit = 1_000
    context = GatewayContext(
      settings: settings, load: load, pipeline: RoutePipeline(cache: nil, clock: { 0 }),
      metrics: GatewayMetrics(registry: MetricsRegistry()), accessLog: nil, startedAt: 0, tls: EngineTLS(trustFile: nil)
    )
    scopes = ProcessorRole.allCases.map { [context, snapshot] role in
      ProcessorScope(
        settings: ExtProcSettings(role: role), context: context, snapshot: snapshot, clock: { 1_000 },
        random: SeededGenerator(seed: 1))
    }
  }

  /// Runs one exchange.
  ///
  /// - Throws: ``Broken``.
  func check(_ tally: inout Tally, _ generator: inout SeededGenerator) throws {
    let session = ProcessorSession(scope: scopes[Int.random(in: 0..<scopes.count, using: &generator)])
    let exchange = ProcessorExchange(&generator)
    var watch = ReplyWatch(exchange)
    for message in exchange.messages {
      message.bytes.withUnsafeBytes { session.receive($0) }
      try watch.take(session.takeOutput(), after: message)
      tally.sessionMessages += 1
      // The stream may break between any two messages, or at one that is not taken.
      switch Int.random(in: 0..<60, using: &generator) {
      case 0: session.receiveTooLong()
      case 1: session.receiveWithoutRoom()
      default: continue
      }
      try watch.takeRefusal(session.takeOutput())
    }
    if watch.isOver {
      tally.refusals += 1
      guard replicas.allSatisfy({ $0.load.inFlight == 0 }), load.bytes == 0 else {
        throw Broken("after an immediate reply something is still held")
      }
    }
    session.close()
    session.close()
    guard session.takeOutput().isEmpty else { throw Broken("a reply after the stream's end") }
    try checkNothingIsCounted()
  }

  /// What was counted is given back.
  ///
  /// - Throws: ``Broken``.
  func checkNothingIsCounted() throws {
    guard load.requests == 0, load.bytes == 0 else {
      throw Broken("\(load.requests) requests and \(load.bytes) bytes are counted after the end")
    }
    guard replicas.allSatisfy({ $0.load.inFlight == 0 }) else {
      throw Broken("a request is counted on a replica after it")
    }
  }
}
