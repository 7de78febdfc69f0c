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

/// The parts of a serving process, wired.
actor Server {
  private let group: MultiThreadedEventLoopGroup
  private let gateway: Gateway
  private let context: GatewayContext
  /// The pipeline behind Envoy, where it is asked for.
  private var extProc: ExtProcServer?
  private let metrics: GatewayMetrics
  private let readiness = ReadinessWatch()
  private let accessLog: AccessLog?
  private let classifier: LinearDomainClassifier
  private let prober: HealthProber
  private let tls: EngineTLS
  /// What was learnt of each model's replicas, kept from snapshot to snapshot.
  private let balancers: BalancerDirectory
  /// The snapshot in force, for those who are not on an event loop.
  private let current: SnapshotBox
  private let pipeline: RoutePipeline
  private let startedAt = Date().timeIntervalSince1970
  private var admin: AdminServer?
  private var channels: [any Channel] = []
  private var probing: Task<Void, Never>?
  private var learning: Task<Void, Never>?
  /// Looks for replicas that fail more often than their siblings.
  private var watching: Task<Void, Never>?
  private var draining: DrainMachine
  /// Adapters that engines say they have, by base model, with the addresses of the replicas that have them.
  private var learntAdapters: [String: [String: Set<String>]] = [:]

  init(document: RouterDocument, loops: Int, writesAccessLog: Bool) throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    draining = DrainMachine(limit: .span(document.global.gateway.drainTimeout))
    do throws(LinearModelError) {
      classifier = try LinearDomainClassifier.bundled()
    } catch {
      throw CommandFailure("the bundled domain model cannot be read: \(error)")
    }
    tls = EngineTLS.fromEnvironment
    do throws(PrefixIndex.NoMemory) {
      balancers = try BalancerDirectory(maximumBlocks: document.global.gateway.prefixBlocks)
    } catch {
      throw CommandFailure("\(error) (global.gateway.prefix_blocks)")
    }
    metrics = GatewayMetrics(registry: MetricsRegistry())
    accessLog = writesAccessLog ? AccessLog(descriptor: 1) : nil
    let snapshot = try Self.snapshot(
      document, previous: nil, classifier: classifier, tls: tls, balancers: balancers)
    snapshot.fleet.applyPolicies()
    current = SnapshotBox(snapshot)
    metrics.observe(snapshot.fleet)
    let load = GatewayLoad(
      shedder: LoadShedder(
        maximumRequests: document.global.gateway.maxRequests, maximumBytes: document.global.gateway.maxBufferedBytes))
    metrics.observe(load)
    pipeline = RoutePipeline(cache: ReadingCache(), clock: Self.clock)
    context = GatewayContext(
      settings: GatewaySettings(document.global.gateway),
      load: load,
      pipeline: pipeline, metrics: metrics, accessLog: accessLog, startedAt: Int(startedAt), tls: tls,
      onHealthChange: Self.tell)
    gateway = Gateway(group: group, context: context, snapshot: snapshot)
    prober = HealthProber(client: EngineHTTPClient(group: group, tls: tls)) { Self.tell($0.replica) }
    if let accessLog {
      metrics.registry.gauge("switchyard_access_log_lines_dropped", help: "Lines that a slow reader cost") {
        Double(accessLog.dropped.value)
      }
    }
  }

  /// Says what is thought of a replica now.
  private static let tell: @Sendable (Replica) -> Void = { replica in
    let subject = "replica \(replica.name) (\(replica.authority))"
    let reason = replica.health.lastFailure ?? "unknown"
    switch replica.health.state {
    case .ready: StandardError.write("\(subject) is ready")
    case .ejected: StandardError.write("\(subject) is ejected for a time, requests fail on it: \(reason)")
    case .failing: StandardError.write("\(subject) is failing: \(reason)")
    case .unknown: break
    }
  }

  /// Says what becomes of a listener's certificate.
  private static func tellOf(_ listener: Listener) -> @Sendable (String) -> Void {
    { StandardError.write("listener \(listener.name): \($0)") }
  }

  /// Binds the listeners; probing goes on in the background, so a start waits for no engine.
  func start(
    listeners: [Listener], management: Listener, extProc: Listener? = nil,
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
      } catch is SocketAddressError {
        throw CommandFailure("listener \(listener.name): there is no address \(listener.address) on this machine")
      } catch let error as IOError where error.errnoCode == EADDRINUSE {
        throw CommandFailure(
          "port \(listener.port) on \(listener.address) is taken; stop what uses it (ss -ltnp 'sport = :\(listener.port)') "
            + "or choose another: --listen \(listener.address):\(listener.port + 1)")
      }
    }
    try await startManagement(management)
    startProbing()
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
    } catch is SocketAddressError {
      throw CommandFailure("--ext-proc: there is no address \(listener.address) on this machine")
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw CommandFailure(
        "port \(listener.port) on \(listener.address) is taken; stop what uses it (ss -ltnp 'sport = :\(listener.port)') "
          + "or choose another: --ext-proc \(listener.address):\(listener.port + 1)")
    }
    extProc = server
  }

  private static let warn: @Sendable (String) -> Void = { StandardError.write("warning: \($0)") }

  private func startManagement(_ listener: Listener) async throws {
    let (current, metrics, readiness) = (current, metrics, readiness)
    let context = AdminContext(
      snapshot: { current.value },
      // Evaluations read every text anew, so that they show what reading costs.
      pipeline: RoutePipeline(cache: nil, clock: Self.clock), domainClassifier: classifier,
      metrics: { metrics.registry.exposition() },
      readiness: { readiness.readiness(of: current.value.fleet, now: Date().timeIntervalSince1970) },
      wallClock: { Date().timeIntervalSince1970 }, clock: Self.clock)
    do {
      let server = try await AdminServer.start(
        host: listener.address, port: listener.port, group: group, context: context)
      admin = server
      StandardError.write("management API on http://\(EngineAddress(host: server.host, port: server.port))")
    } catch {
      throw CommandFailure("\(error); or choose another address: --management 127.0.0.1:\(listener.port + 1)")
    }
  }

  private static let clock: @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }

  /// Serves until SIGTERM or SIGINT; a second one ends the process at once.
  ///
  /// - Parameter reload: called on SIGHUP; nil when there is no file to read again.
  func serve(reload: @Sendable () throws -> RouterDocument?) async {
    for await signal in ProcessSignals.stream([SIGTERM, SIGINT, SIGHUP]) {
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
    case .exitAtOnce: exit(1)
    }
  }

  /// Waits until the clients have left or their time is over, and ends the process.
  private func stop() async {
    StandardError.write("stopping: running requests end first")
    readiness.stop()
    for channel in channels { try? await channel.close() }
    probing?.cancel()
    learning?.cancel()
    watching?.cancel()
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
    accessLog?.close()
    try? await Task.sleep(for: .milliseconds(20))
    exit(0)
  }

  /// Connections of clients and of Envoy.
  private func connectionCount() async -> Int {
    await gateway.clientCount() + (extProc?.connectionCount() ?? 0)
  }

  private func reload(_ load: () throws -> RouterDocument?) {
    do {
      guard let document = try load() else {
        StandardError.write(
          "SIGHUP: there is no configuration file to read again (the models were learnt from engines)")
        return
      }
      let before = current.value.router.document
      let snapshot = try Self.snapshot(
        document, previous: current.value, classifier: classifier, tls: tls, balancers: balancers,
        adapters: learntAdapters)
      snapshot.fleet.applyPolicies()
      current.value = snapshot
      gateway.publish(snapshot)
      extProc?.publish(snapshot, report: Self.warn)
      metrics.observe(snapshot.fleet)
      startProbing()
      StandardError.write("configuration read again: in force")
      if before.listeners != document.listeners || before.global.managementAddress != document.global.managementAddress
        || before.global.managementPort != document.global.managementPort
      {
        StandardError.write("but listeners and the management API's address change only with a restart")
      }
      if before.global.gateway != document.global.gateway {
        StandardError.write("but global.gateway changes only with a restart")
      }
    } catch {
      let reason = error is ExitCode ? "the problems are above" : "\(error)"
      StandardError.write("configuration not changed, the one in force stays: \(reason)")
    }
  }

  private func startProbing() {
    probing?.cancel()
    let probes = current.value.fleet.replicaPolicies.map { replica, policy in
      HealthProber.Target(
        replica: replica, path: policy.probePath,
        interval: .nanoseconds(Int64(clamping: policy.probeInterval)),
        timeout: .nanoseconds(Int64(clamping: policy.probeTimeout)))
    }
    probing = Task { [prober] in await prober.run(probes) }
    watching?.cancel()
    watching = Task { [current] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(10)) } catch { return }
        for replica in current.value.fleet.ejectOutliers(now: NIODeadline.now().uptimeNanoseconds) {
          Self.tell(replica)
        }
      }
    }
    learning?.cancel()
    learning = Task { [weak self] in
      while !Task.isCancelled {
        await self?.learnAdapters()
        try? await Task.sleep(for: .seconds(3))
      }
    }
  }

  /// Asks the engines which adapters they serve; a new one can be asked for by its name from then on.
  private func learnAdapters() async {
    let snapshot = current.value
    let discovery = EngineDiscovery(client: EngineHTTPClient(group: group, tls: tls))
    // Those that want a credential are other people's services: they are not asked again and again.
    let closed = Set(
      snapshot.fleet.models.flatMap(\.placements).filter(\.headerLines.authenticates).map(\.replica.id))
    let addresses = snapshot.fleet.replicas.filter { !closed.contains($0.id) }.map {
      EngineAddress(host: $0.host, port: $0.port, usesTLS: $0.usesTLS)
    }
    let findings = await discovery.ask(addresses)
    var learnt: [String: [String: Set<String>]] = [:]
    for finding in findings {
      guard case .success(let models) = finding.models else { continue }
      for model in models.models {
        guard let parent = model.parent,
          let base = snapshot.fleet.models.first(where: { model in
            model.placements.contains {
              $0.upstreamModel == parent && $0.replica.host == finding.address.host
                && $0.replica.port == finding.address.port
            }
          })
        else { continue }
        learnt[base.name, default: [:]][model.id, default: []].insert(finding.address.description)
      }
    }
    // An engine that does not answer keeps what was learnt of it.
    let silent = Set(findings.filter { (try? $0.models.get()) == nil }.map(\.address.description))
    for (base, adapters) in learntAdapters {
      for (adapter, addresses) in adapters {
        let kept = addresses.intersection(silent)
        if !kept.isEmpty { learnt[base, default: [:]][adapter, default: []].formUnion(kept) }
      }
    }
    guard learnt != learntAdapters, current.value.generation == snapshot.generation else { return }
    learntAdapters = learnt
    let document = snapshot.router.document
    let fleet = StaticFleet.build(document, previous: snapshot.fleet, adapters: learnt).fleet
    guard
      let renewed = try? RoutingSnapshot(
        document: document, fleet: fleet, domainClassifier: classifier, balancers: balancers,
        generation: snapshot.generation)
    else { return }
    current.value = renewed
    gateway.publish(renewed)
    extProc?.publish(renewed, report: Self.warn)
  }

  private static func snapshot(
    _ document: RouterDocument, previous: RoutingSnapshot?, classifier: LinearDomainClassifier, tls: EngineTLS,
    balancers: BalancerDirectory, adapters: [String: [String: Set<String>]] = [:]
  ) throws -> RoutingSnapshot {
    let (fleet, problems) = StaticFleet.build(document, previous: previous?.fleet, adapters: adapters)
    for problem in problems { StandardError.write("warning: \(problem)") }
    if fleet.replicas.contains(where: \.usesTLS) {
      do throws(EngineTLS.Failure) { try tls.prepare() } catch { throw CommandFailure("\(error)") }
    }
    do throws(SignalCompilationErrors) {
      return try RoutingSnapshot(
        document: document, fleet: fleet, domainClassifier: classifier, balancers: balancers,
        generation: (previous?.generation ?? 0) + 1)
    } catch {
      throw CommandFailure(error.problems.map { "\($0)" }.joined(separator: "\n"))
    }
  }
}
