import EngineClient
import Fleet
import NIOCore
import Synchronization

/// Probes a fleet's replicas and looks for those that fail more often than their siblings. Safe from any thread.
final class HealthWatch: Sendable {
  private let prober: HealthProber
  private struct State {
    var tasks: [Task<Void, Never>] = []
    var isStopped = false
  }

  private let state = Mutex(State())

  init(client: EngineHTTPClient) { prober = HealthProber(client: client) { Self.tell($0.replica) } }

  /// Watches this fleet from now on, and no other; nothing after ``stop()``.
  func follow(_ fleet: FleetSnapshot) {
    let probes = fleet.replicaPolicies.map { replica, policy in
      HealthProber.Target(
        replica: replica, path: policy.probePath,
        interval: .nanoseconds(Int64(clamping: policy.probeInterval)),
        timeout: .nanoseconds(Int64(clamping: policy.probeTimeout)))
    }
    let begun = [
      Task { [prober] in await prober.run(probes) },
      Task {
        while !Task.isCancelled {
          do { try await Task.sleep(for: .seconds(10)) } catch { return }
          for replica in fleet.ejectOutliers(now: NIODeadline.now().uptimeNanoseconds) { Self.tell(replica) }
        }
      },
    ]
    let ended = state.withLock { state in
      guard !state.isStopped else { return begun }
      defer { state.tasks = begun }
      return state.tasks
    }
    for task in ended { task.cancel() }
  }

  func stop() {
    let ended = state.withLock { state in
      state.isStopped = true
      return state.tasks
    }
    for task in ended { task.cancel() }
  }

  /// Says what is thought of a replica now.
  static let tell: @Sendable (Replica) -> Void = { replica in
    let subject = "replica \(replica.name) (\(replica.authority))"
    let reason = replica.health.lastFailure ?? "unknown"
    switch replica.health.state {
    case .ready: StandardError.write("\(subject) is ready")
    case .ejected: StandardError.write("\(subject) is ejected for a time, requests fail on it: \(reason)")
    case .failing: StandardError.write("\(subject) is failing: \(reason)")
    case .unknown: break
    }
  }
}
