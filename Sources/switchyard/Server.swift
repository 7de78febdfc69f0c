import AdminAPI
import ArgumentParser
import Balancing
import Discovery
import EngineClient
import ExtProc
import Fleet
import Foundation
import Gateway
import NIOCore
import NIOPosix
import Pipeline
import Reading
import Reliability
import RouterConfig
import Telemetry
import UserStore

/// The parts of a serving process, wired.
actor Server {
  private let group: MultiThreadedEventLoopGroup
  let gateway: Gateway
  private let context: GatewayContext
  /// The pipeline behind Envoy, where it is asked for.
  private(set) var extProc: ExtProcServer?
  let metrics: GatewayMetrics
  private let readiness = ReadinessWatch()
  private let accessLog: AccessLog?
  var promptModels: PromptModels
  let tls: EngineTLS
  let healthWatch: HealthWatch
  let modelWatch: ModelWatch
  let fleetWatch: FleetWatch
  /// What is known of each model's replicas beside the fleet, through every reload.
  let balancers: BalancerDirectory
  /// The snapshot in force, for those who are not on an event loop.
  let current: SnapshotBox
  private let pipeline: RoutePipeline
  private let startedAt = Date().timeIntervalSince1970
  /// nil where nobody's requests are counted.
  let users: UserStore?
  /// Writes what is counted of users.
  var userWriting: Task<Void, Never>?
  private var admin: AdminServer?
  private var channels: [any Channel] = []
  private var draining: DrainMachine
  var configuration: ServedConfiguration
  /// nil when there is none.
  let endpointsFile: EndpointsFile?
  /// Looks whether the endpoints file changed.
  var endpointsWatch: Task<Void, Never>?
  var learntModels = LearntModels()
  /// Backends that cannot be used, as was told last.
  var toldProblems: [String] = []

  /// - Parameters:
  ///   - endpointsFile: the one that the configuration's engines are from, to be read again when it changes.
  init(
    _ configuration: ServedConfiguration, endpointsFile: EndpointsFile?, loops: Int, writesAccessLog: Bool,
    logsPrefixes: Bool
  ) throws {
    self.configuration = configuration
    self.endpointsFile = endpointsFile
    let document = configuration.document
    group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    draining = DrainMachine(limit: .span(document.global.gateway.drainTimeout))
    promptModels = try PromptModels(document.global.embeddings)
    tls = EngineTLS.fromEnvironment
    do throws(PrefixIndex.NoMemory) {
      balancers = try BalancerDirectory(maximumBlocks: document.global.gateway.prefixBlocks)
    } catch {
      throw CommandFailure("\(error) (global.gateway.prefix_blocks)")
    }
    metrics = GatewayMetrics(registry: MetricsRegistry())
    accessLog = writesAccessLog ? AccessLog(descriptor: 1) : nil
    // A loop of their own, so that reading long pages of metrics keeps no request waiting.
    let client = EngineHTTPClient(group: MultiThreadedEventLoopGroup(numberOfThreads: 1), tls: tls)
    healthWatch = HealthWatch(client: client)
    modelWatch = ModelWatch(client: client)
    fleetWatch = FleetWatch(
      client: client, registry: metrics.registry, index: balancers.index, tokens: balancers.tokens)
    var tokenizer: PromptTokenizer?
    if let tokens = balancers.tokens {
      let asking = PromptTokenizer(group: MultiThreadedEventLoopGroup(numberOfThreads: 1), tls: tls, index: tokens)
      fleetWatch.observe(asking)
      tokenizer = asking
    }
    let (snapshot, problems) = try Self.snapshot(
      document, previous: nil, generation: 1, adapters: configuration.adapterHolders, models: promptModels.models,
      balancers: balancers, tls: tls)
    problems.forEach(Self.warn)
    toldProblems = problems
    snapshot.fleet.applyPolicies()
    current = SnapshotBox(snapshot)
    metrics.observe(snapshot.fleet)
    let load = GatewayLoad(
      shedder: LoadShedder(
        maximumRequests: document.global.gateway.maxRequests, maximumBytes: document.global.gateway.maxBufferedBytes))
    metrics.observe(load)
    users = try Self.openUsers(document.global.gateway)
    pipeline = RoutePipeline(cache: ReadingCache(), longTexts: LongTextQueue(), clock: Self.clock)
    let adapterLoader = AdapterLoader(client: client) { [metrics] event in
      metrics.count(event)
      if let line = event.line { StandardError.write(line) }
    }
    context = GatewayContext(
      settings: GatewaySettings(document.global.gateway),
      load: load,
      limits: TrafficLimits(users: users?.ledger, as: document.global.gateway.compatibility), pipeline: pipeline,
      metrics: metrics, accessLog: accessLog, logsPrefixes: logsPrefixes, startedAt: Int(startedAt), tls: tls,
      adapterLoader: adapterLoader,
      tokenizer: tokenizer,
      onHealthChange: HealthWatch.tell)
    gateway = Gateway(group: group, context: context, snapshot: snapshot)
    if let accessLog {
      metrics.registry.gauge("switchyard_access_log_lines_dropped", help: "Lines that a slow reader cost") {
        Double(accessLog.dropped.value)
      }
    }
  }

  /// Says what becomes of a listener's certificate.
  private static func tellOf(_ listener: Listener) -> @Sendable (String) -> Void {
    { StandardError.write("listener \(listener.name): \($0)") }
  }

  /// Binds the listeners; probing goes on in the background, so a start waits for no engine.
  ///
  /// - Parameter areConfigured: the listeners are the configuration's, not the command line's.
  func start(
    listeners: [Listener], areConfigured: Bool, management: Listener, extProc: Listener? = nil,
    extProcSettings: ExtProcSettings = ExtProcSettings()
  ) async throws {
    accessLog?.start()
    if let extProc { try await startExtProc(extProc, extProcSettings) }
    for listener in listeners {
      do {
        let tls = try listener.tls.map { try ListenerTLSContext($0, report: Self.tellOf(listener)) }
        let channel = try await gateway.listen(
          host: listener.address, port: listener.port,
          as: ListenerContext(
            name: listener.name,
            requestTimeout: listener.timeoutSeconds.flatMap { seconds in
              // A year stands for every longer time.
              seconds > 0 ? .milliseconds(Int64(min(seconds, 31_536_000) * 1000)) : nil
            },
            trustsForwarded: listener.trustsForwarded, isEncrypted: tls != nil, cors: listener.cors),
          tls: tls)
        channels.append(channel)
        let address = EngineAddress(
          host: listener.address, port: channel.localAddress?.port ?? listener.port, usesTLS: tls != nil)
        StandardError.write("switchyard listening on \(tls == nil ? "http" : "https")://\(address)")
      } catch let error as ListenerTLSContext.Failure {
        throw CommandFailure("listener \(listener.name): \(error)")
      } catch {
        throw BindFailure.describe(
          error, place: "listener \(listener.name)", host: listener.address, port: listener.port,
          wayOut: areConfigured
            ? "change its address or port in the configuration" : "choose another: --listen \(Self.neighbour(listener))"
        )
      }
    }
    try await startManagement(management)
    startWritingUsers()
    startWatching()
  }

  private func startExtProc(_ listener: Listener, _ settings: ExtProcSettings) async throws {
    let server = ExtProcServer(group: group, settings: settings, context: context, snapshot: current.value)
    await server.publish(current.value, report: Self.warn).value
    do {
      let tls = try listener.tls.map { try ListenerTLSContext($0, report: Self.tellOf(listener)) }
      let channel = try await server.listen(host: listener.address, port: listener.port, tls: tls)
      channels.append(channel)
      let address = EngineAddress(host: listener.address, port: channel.localAddress?.port ?? listener.port)
      StandardError.write(
        "switchyard listening on \(tls == nil ? "grpc" : "grpcs")://\(address), deciding \(settings.role.rawValue)")
    } catch let error as ListenerTLSContext.Failure {
      throw CommandFailure("--ext-proc: \(error)")
    } catch {
      throw BindFailure.describe(
        error, place: "--ext-proc", host: listener.address, port: listener.port,
        wayOut: "choose another: --ext-proc \(Self.neighbour(listener))")
    }
    extProc = server
  }

  /// Another address to try.
  private static func neighbour(_ listener: Listener) -> EngineAddress {
    EngineAddress(
      host: listener.address, port: (1024..<65535).contains(listener.port) ? listener.port + 1 : 8080)
  }

  static let warn: @Sendable (String) -> Void = { StandardError.write("warning: \($0)") }

  private func startManagement(_ listener: Listener) async throws {
    let (current, metrics, readiness) = (current, metrics, readiness)
    let userAccess = try Self.userAccess(configuration.document.global.gateway, management: listener)
    let context = AdminContext(
      snapshot: { current.value },
      // Evaluations read every text anew, so that they show what reading costs.
      pipeline: RoutePipeline(cache: nil, clock: Self.clock),
      metrics: { metrics.registry.exposition() },
      readiness: { readiness.readiness(of: current.value.fleet, now: Date().timeIntervalSince1970) },
      users: users, userAccess: userAccess, wallClock: { Date().timeIntervalSince1970 }, clock: Self.clock)
    do {
      let server = try await AdminServer.start(
        host: listener.address, port: listener.port, group: group, context: context)
      admin = server
      StandardError.write("management API on http://\(EngineAddress(host: server.host, port: server.port))")
    } catch {
      throw BindFailure.describe(
        error, place: "the management API", host: listener.address, port: listener.port,
        wayOut: "change bind_address or port under global.services.management_api, or choose another: --management "
          + "127.0.0.1:\(Self.neighbour(listener).port)")
    }
  }

  private static let clock: @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }

  /// Serves until SIGTERM or SIGINT; a second one ends the process at once.
  ///
  /// - Parameters:
  ///   - signals: those three, watched since before the start.
  ///   - reload: called on SIGHUP; nil when there is no configuration file to read again.
  func serve(until signals: AsyncStream<Int32>, reload: (@Sendable () throws -> RouterDocument)?) async {
    for await signal in signals {
      if signal == SIGHUP {
        // A stop has ended the probes, which a reload would begin again.
        if draining.state == .serving {
          self.reload(reload)
        } else {
          StandardError.write("SIGHUP: the configuration is not read again, since this process stops")
        }
        continue
      }
      carryOut(draining.stopRequested(now: Self.clock()))
    }
  }

  private func carryOut(_ action: DrainMachine.Action) {
    switch action {
    case .none, .exit, .abandon: break
    case .stopAccepting: Task { await self.stop() }
    case .exitAtOnce:
      stopWritingUsers()
      exit(1)
    }
  }

  /// Waits until the clients have left or their time is over, and ends the process.
  private func stop() async {
    StandardError.write("stopping: running requests end first")
    readiness.stop()
    for channel in channels { try? await channel.close() }
    endpointsWatch?.cancel()
    healthWatch.stop()
    modelWatch.stop()
    fleetWatch.stop()
    gateway.stopAccepting()
    extProc?.stopAccepting()
    var action = draining.connectionsLeft(await connectionCount())
    while action == .none {
      try? await Task.sleep(for: .milliseconds(20))
      action = draining.tick(now: Self.clock())
      if action == .none { action = draining.connectionsLeft(await connectionCount()) }
    }
    if case .abandon(let connections) = action {
      StandardError.write("the time to drain is over: \(connections) connections are closed")
    }
    await gateway.close()
    await extProc?.close()
    stopWritingUsers()
    await finishAccessLog()
    exit(0)
  }

  /// Writes the log's last lines, for which a reader that takes nothing has a second.
  private func finishAccessLog() async {
    guard let accessLog else { return }
    accessLog.close()
    for _ in 0..<1_000 where !accessLog.hasEnded { try? await Task.sleep(for: .milliseconds(1)) }
  }

  /// Connections of clients and of Envoy.
  private func connectionCount() async -> Int {
    await gateway.clientCount() + (extProc?.connectionCount() ?? 0)
  }
}
