import ArgumentParser
import Balancing
import Discovery
import EngineClient
import ExtProc
import Pipeline
import Reading
import RouterConfig

/// What is served changes: files are read again, engines tell of adapters.
extension Server {
  /// SIGHUP: reads again what comes from files.
  func reload(_ load: (() throws -> RouterDocument)?) {
    toldProblems = []
    if let load {
      reloadConfiguration(load)
    } else if endpointsFile == nil {
      StandardError.write("SIGHUP: there is no configuration file to read again (the models were learnt from engines)")
    }
    if let endpointsFile { take(endpointsFile.reload()) }
  }

  private func reloadConfiguration(_ load: () throws -> RouterDocument) {
    do {
      let document = try load()
      let before = configuration.base
      var changed = configuration
      changed.base = document
      try bringIntoForce(changed, generation: current.value.generation + 1)
      healthWatch.follow(current.value.fleet)
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

  /// The endpoints file was looked at.
  private func take(_ outcome: EndpointsFile.Outcome) {
    switch outcome {
    case .unchanged: break
    case .refused(let reason): StandardError.write("endpoints not changed, those in force stay: \(reason)")
    case .loaded(let endpoints, let warnings):
      for warning in warnings { StandardError.write("\(warning)") }
      var changed = configuration
      changed.endpoints = endpoints
      do {
        // Prompts read as before: what is known of them stays.
        try bringIntoForce(changed, generation: current.value.generation)
        healthWatch.follow(current.value.fleet)
        let count = endpoints.models.reduce(0) { $0 + $1.endpoints.count }
        StandardError.write("endpoints read again: in force, models: \(endpoints.models.count), engines: \(count)")
      } catch {
        StandardError.write("endpoints not changed, those in force stay: \(error)")
      }
    }
  }

  /// Engines were asked which models and adapters they have.
  private func take(_ models: LearntModels) {
    learntModels = models
    // The document is in force already, so that nothing can be wrong with it.
    try? bringIntoForce(configuration, generation: current.value.generation)
  }

  /// Makes a snapshot and has everybody go by it.
  ///
  /// - Throws: when it cannot be made; then what is in force stays.
  private func bringIntoForce(_ configuration: ServedConfiguration, generation: UInt64) throws {
    let models = try promptModels.following(configuration.document.global.embeddings)
    let isNew = models.models.encoder !== promptModels.models.encoder
    let (snapshot, problems): (RoutingSnapshot, [String])
    do {
      (snapshot, problems) = try Self.snapshot(
        configuration.document, previous: current.value, generation: generation,
        adapters: learntModels.joined(with: configuration.adapterHolders), strangers: learntModels.strangers,
        listers: learntModels.listers, models: models.models, balancers: balancers, tls: tls)
    } catch {
      if isNew { models.close() }
      throw error
    }
    if problems != toldProblems { problems.forEach(Self.warn) }
    toldProblems = problems
    self.configuration = configuration
    snapshot.fleet.applyPolicies()
    current.value = snapshot
    gateway.publish(snapshot)
    extProc?.publish(snapshot, report: Self.warn)
    metrics.observe(snapshot.fleet)
    watch(snapshot)
    let old = promptModels
    promptModels = models
    // Requests that began before still wait for it.
    if isNew { Task { await old.closeWhenUnused() } }
  }

  // MARK: In the background

  func startWatching() {
    healthWatch.follow(current.value.fleet)
    watch(current.value)
    modelWatch.start(fleet: { [current] in current.value.fleet }, onChange: { await self.take($0) })
    guard let endpointsFile else { return }
    endpointsWatch = Task { await endpointsFile.watch { outcome in await self.take(outcome) } }
  }

  /// Turns to a snapshot's engines. Their probes go on until ``HealthWatch/follow(_:)``.
  private func watch(_ snapshot: RoutingSnapshot) {
    fleetWatch.follow(
      WatchedEngine.all(of: snapshot.fleet, in: snapshot.router.document), of: snapshot.fleet,
      balancers: snapshot.balancing.map(\.balancer))
  }

  /// - Returns: the snapshot, and a sentence for each backend that cannot be used, or not wholly.
  static func snapshot(
    _ document: RouterDocument, previous: RoutingSnapshot?, generation: UInt64,
    adapters: [String: [String: Set<String>]], strangers: [String: Set<String>] = [:],
    listers: [String: Set<String>] = [:],
    models: ReadingModels, balancers: BalancerDirectory, tls: EngineTLS
  ) throws -> (snapshot: RoutingSnapshot, problems: [String]) {
    let (fleet, problems) = StaticFleet.build(
      document, previous: previous?.fleet, adapters: adapters, strangers: strangers, listers: listers)
    if fleet.replicas.contains(where: \.usesTLS) {
      do throws(EngineTLS.Failure) { try tls.prepare() } catch { throw CommandFailure("\(error)") }
    }
    do throws(SignalCompilationErrors) {
      let snapshot = try RoutingSnapshot(
        document: document, fleet: fleet, models: models, balancers: balancers, generation: generation)
      let problems = problems + WatchedEngine.modelsWithoutEvents(in: document)
      let left = balancers.replicasWithoutSlot
      guard left > 0 else { return (snapshot, problems) }
      let limit = balancers.index.maximumReplicas
      return (snapshot, problems + ["\(left) replicas are chosen without regard to prefixes: the index takes \(limit)"])
    } catch {
      throw CommandFailure(error.problems.map { "\($0)" }.joined(separator: "\n"))
    }
  }
}
