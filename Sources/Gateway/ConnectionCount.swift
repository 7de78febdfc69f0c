import Synchronization

/// How many connections are open, counted over all loops. Safe from any thread.
final class ConnectionCount: Sendable {
  private let count = Atomic<Int>(0)

  /// Counts one more, unless as many as may be are there.
  func add(upTo limit: Int) -> Bool {
    // Counted before it is judged, so that loops which add at the same moment never pass the limit together.
    guard count.wrappingAdd(1, ordering: .relaxed).newValue > limit else { return true }
    remove()
    return false
  }

  /// One that was counted is gone.
  func remove() { count.wrappingSubtract(1, ordering: .relaxed) }
}
