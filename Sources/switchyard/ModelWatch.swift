import Balancing
import Discovery
import EngineClient
import Fleet
import Synchronization

/// Asks the engines of the fleet in force every 3 s which models and adapters they serve. A replica's adapters are known from then on;
/// a name that is new can be asked for once a fleet is made with it. Safe from any thread.
final class ModelWatch: Sendable {
  private let discovery: EngineDiscovery
  private let task = Mutex<Task<Void, Never>?>(nil)

  init(client: EngineHTTPClient) { discovery = EngineDiscovery(client: client) }

  /// Begins to ask. To be called once.
  ///
  /// - Parameters:
  ///   - fleet: the one in force.
  ///   - onChange: is called, on any thread, with what is known whenever it changed; the next round waits for it.
  func start(
    fleet: @escaping @Sendable () -> FleetSnapshot, onChange: @escaping @Sendable (LearntModels) async -> Void
  ) {
    let asking = Task { [discovery] in
      var known = LearntModels()
      while !Task.isCancelled {
        let learnt = await Self.ask(discovery, fleet(), known)
        if learnt != known {
          known = learnt
          await onChange(learnt)
        }
        try? await Task.sleep(for: .seconds(3))
      }
    }
    task.withLock { $0 = asking }
  }

  func stop() { task.withLock { $0?.cancel() } }

  private static func ask(
    _ discovery: EngineDiscovery, _ fleet: FleetSnapshot, _ known: LearntModels
  ) async -> LearntModels {
    // Those that want a credential are other people's services: they are not asked again and again.
    let closed = fleet.closedReplicas
    let replicas = fleet.replicas.filter { !closed.contains($0.id) }
    let moments = replicas.map(\.adapters.moment)
    let findings = await discovery.ask(
      replicas.map { EngineAddress(host: $0.host, port: $0.port, usesTLS: $0.usesTLS) })
    for (index, replica) in replicas.enumerated() {
      guard case .success(let models) = findings[index].models else { continue }
      replica.adapters.replace(with: models.adapterNames.map { BlockHash.key(of: $0) }, askedAt: moments[index])
    }
    var learnt = known
    learnt.take(findings, of: fleet)
    return learnt
  }
}
