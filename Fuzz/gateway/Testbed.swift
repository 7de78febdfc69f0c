import Balancing
import EngineClient
import Fleet
import Foundation
import FuzzCommand
import Gateway
import NIOCore
import NIOPosix
import Pipeline
import Reading
import Reliability
import RouterConfig
import Telemetry

/// A gateway in this process, with two event loops, in front of two engines. Its times are short, so that what hangs
/// is seen soon.
struct Testbed {
  let port: Int
  let engines: Engines
  let load: GatewayLoad
  let settings: GatewaySettings
  let replicas: [Replica]

  init(timeFactor: Int) async throws {
    engines = try Engines()
    let text = Self.document(ports: engines.ports, timeFactor: timeFactor)
    let document = try ConfigurationLoader(environment: [:]).load(Array(text.utf8), file: "gateway-fuzz.yaml").document
    let (fleet, problems) = StaticFleet.build(document)
    guard problems.isEmpty else { throw Broken("the fleet cannot be built: \(problems)") }
    let snapshot = try RoutingSnapshot(
      document: document, fleet: fleet, models: ReadingModels(domain: try LinearDomainClassifier.bundled()),
      balancers: BalancerDirectory(maximumBlocks: 1_000), generation: 1)
    fleet.applyPolicies()
    replicas = fleet.replicas
    var settings = GatewaySettings(document.global.gateway)
    settings.clientStallTimeout = .milliseconds(Int64(500 * timeFactor))
    settings.lingerTimeout = .milliseconds(Int64(200 * timeFactor))
    self.settings = settings
    load = GatewayLoad()
    let clock: @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
    let metrics = GatewayMetrics(registry: MetricsRegistry())
    metrics.observe(fleet)
    let gateway = Gateway(
      group: MultiThreadedEventLoopGroup(numberOfThreads: 2),
      context: GatewayContext(
        settings: settings, load: load, pipeline: RoutePipeline(cache: ReadingCache(), clock: clock), metrics: metrics,
        accessLog: nil, startedAt: 0, tls: EngineTLS(trustFile: nil)),
      snapshot: snapshot)
    let cors = document.listeners.first?.cors
    let channel = try await gateway.listen(host: "127.0.0.1", port: 0, as: ListenerContext(cors: cors))
    guard let port = channel.localAddress?.port else { throw Broken("the gateway's port is not known") }
    self.port = port
  }

  /// Requests that the gateway counts anywhere, and bytes that it holds for them.
  var isIdle: Bool {
    load.requests == 0 && load.bytes == 0
      && replicas.allSatisfy { $0.load.inFlight == 0 && $0.load.pending == 0 }
  }

  var counts: String {
    "requests \(load.requests), bytes held \(load.bytes), of replicas in flight \(replicas.map(\.load.inFlight)), "
      + "waiting \(replicas.map(\.load.pending)), connections \(replicas.map(\.load.connections))"
  }

  private static func document(ports: [Int], timeFactor: Int) -> String {
    func model(_ name: String, _ more: String) -> String {
      """
          - name: \(name)
            provider_model_id: \(name)
            reliability: {\(more)}
            backend_refs:
              - {name: first, endpoint: "127.0.0.1:\(ports[0])"}
              - {name: second, endpoint: "127.0.0.1:\(ports[1])"}

      """
    }
    return """
      version: v0.3
      listeners:
        - {name: http, address: 127.0.0.1, port: 8080, cors: {allow_origins: ["http://b"]}}
      providers:
        defaults:
          default_model: \(Corpus.model)
          reliability:
            first_byte_timeout: \(150 * timeFactor)ms
            idle_timeout: \(150 * timeFactor)ms
            total_timeout: \(1000 * timeFactor)ms
            base_ejection_time: 10ms
            max_ejection_time: 20ms
            retry_budget_percent: 100
        models:

      """ + model(Corpus.model, "retry_count: 2") + model(Corpus.hedgedModel, "retry_count: 1, hedge_after: 1ms")
        + """
        routing:
          signals:
            keywords:
              - {name: urgent, operator: OR, keywords: [urgent]}
          decisions:
            - name: urgent
              priority: 1
              rules: {operator: OR, conditions: [{type: keyword, name: urgent}]}
              modelRefs: [{model: \(Corpus.model)}]
              plugins: [{type: system_prompt, configuration: {system_prompt: "Be \\"brief\\"."}}]
        global:
          gateway:
            body_limit: 256K
            request_read_timeout: \(300 * timeFactor)ms
            client_idle_timeout: 1h

        """
  }
}
