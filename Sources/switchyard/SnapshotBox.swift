import Pipeline
import Synchronization

/// The snapshot in force behind a lock, for readers off the event loops.
final class SnapshotBox: Sendable {
  private let storage: Mutex<RoutingSnapshot>
  init(_ snapshot: RoutingSnapshot) { storage = Mutex(snapshot) }

  var value: RoutingSnapshot {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }
}
