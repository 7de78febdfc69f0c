import EngineClient
import Fleet
import NIOCore
import Synchronization

/// Probes a fleet's replicas and looks for those that fail more often than their siblings. Safe from any thread.
final class HealthWatch: Sendable {
  private let prober: HealthProber
  /// Between two looks at what share of their requests replicas fail.
  private static let lookInterval: Duration = .seconds(10)

  private struct State {
    var fleet: FleetSnapshot?
    var probing: Task<Void, Never>?
    /// Goes on from fleet to fleet: one that changes often is looked at too.
    var looking: Task<Void, Never>?
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
    let ended = state.withLock { state -> Task<Void, Never>? in
      guard !state.isStopped else { return nil }
      state.fleet = fleet
      if state.looking == nil { state.looking = look() }
      let before = state.probing
      state.probing = Task { [prober] in await prober.run(probes) }
      return before
    }
    ended?.cancel()
  }

  func stop() {
    let ended = state.withLock { state in
      state.isStopped = true
      return [state.probing, state.looking]
    }
    for task in ended { task?.cancel() }
  }

  /// Ejects outliers of the fleet that is followed, until it is cancelled or the watch is gone.
  private func look() -> Task<Void, Never> {
    Task { [weak self] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: Self.lookInterval) } catch { return }
        guard let fleet = self?.state.withLock(\.fleet) else { return }
        for replica in fleet.ejectOutliers(now: NIODeadline.now().uptimeNanoseconds) { Self.tell(replica) }
      }
    }
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
