import AdminAPI
import Fleet
import Synchronization

/// What the management API says of readiness, and since when. Safe from any thread.
final class ReadinessWatch: Sendable {
  private struct State {
    var isStopping = false
    var phase = ""
    var since = 0.0
  }

  private let state = Mutex(State())

  /// The process stops: what runs ends, nothing new begins.
  func stop() { state.withLock { $0.isStopping = true } }

  /// Requests can be routed once a replica may be chosen, whatever the model.
  ///
  /// - Parameter now: seconds since 1970.
  func readiness(of fleet: FleetSnapshot, now: Double) -> AdminReadiness {
    let usable = fleet.usableReplicas
    let counts = "\(usable) of \(fleet.replicas.count) replicas may be chosen"
    return state.withLock { state in
      let phase = state.isStopping ? "draining" : usable > 0 ? "ready" : "no_replica"
      if phase != state.phase { (state.phase, state.since) = (phase, now) }
      let message =
        switch phase {
        case "draining": "stopping: running requests end first"
        case "ready": "serving: \(counts)"
        default: counts
        }
      return AdminReadiness(
        isReady: phase == "ready", phase: phase, message: message, readyModels: 1, totalModels: 1,
        updatedAt: state.since)
    }
  }
}
