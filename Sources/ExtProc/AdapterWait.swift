import Balancing
import EngineClient

/// A request that waits until a replica has loaded its adapter. Used from one loop.
final class AdapterWait {
  let routed: RequestRouting.Routed
  let intent: RequestRouting.Intent
  let isLast: Bool
  /// Replicas that could not load it.
  var tried = ReplicaSet()
  /// Attempts that were made before.
  private let earlier: Int
  private var leaveLoad: (() -> Void)?
  private var began: UInt64 = 0

  /// - Parameter earlier: attempts that were made before, which engines may have worked on.
  init(_ routed: RequestRouting.Routed, _ intent: RequestRouting.Intent, isLast: Bool, after earlier: Int = 0) {
    self.earlier = earlier
    self.routed = routed
    self.intent = intent
    self.isLast = isLast
  }

  /// Another replica may be tried.
  var mayTryAnother: Bool { tried.count < min(intent.policy.attempts - earlier, ReplicaSet.capacity) }

  /// Attempts that were made.
  var attempts: Int { earlier + tried.count }

  /// No engine has worked on the request.
  var isFirst: Bool { earlier == 0 }

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
