import Balancing
import EngineClient

/// A request that waits until a replica has loaded its adapter. Used from one loop.
final class AdapterWait {
  let routed: RequestRouting.Routed
  let intent: RequestRouting.Intent
  let isLast: Bool
  /// Replicas that could not load it.
  var tried = ReplicaSet()
  private var leaveLoad: (() -> Void)?

  init(_ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, isLast: Bool) {
    self.routed = routed
    self.intent = intent
    self.isLast = isLast
  }

  /// Another replica may be tried.
  var mayTryAnother: Bool { tried.count < min(intent.policy.attempts, ReplicaSet.capacity) }

  func begin(_ leave: @escaping () -> Void) { leaveLoad = leave }

  func ended() { leaveLoad = nil }

  /// Nobody waits any more.
  func leave() {
    leaveLoad?()
    leaveLoad = nil
  }
}
