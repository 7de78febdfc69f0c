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
  private var began: UInt64 = 0

  init(_ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, isLast: Bool) {
    self.routed = routed
    self.intent = intent
    self.isLast = isLast
  }

  /// Another replica may be tried.
  var mayTryAnother: Bool { tried.count < min(intent.policy.attempts, ReplicaSet.capacity) }

  func begin(_ leave: @escaping () -> Void, now: UInt64) {
    leaveLoad = leave
    began = now
  }

  /// - Returns: nanoseconds that were waited.
  func ended(now: UInt64) -> UInt64 {
    leaveLoad = nil
    return now > began ? now - began : 0
  }

  /// Nobody waits any more.
  func leave() {
    leaveLoad?()
    leaveLoad = nil
  }
}
