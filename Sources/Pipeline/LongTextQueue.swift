import Dispatch
import Synchronization

/// Threads for readings that would hold an event loop up: guards and finders of personal data on long texts, some milliseconds
/// for 100 KB.
///
/// Bounded: a reading beyond ``limit`` is refused, and its asker reads itself. May be used from any thread.
public final class LongTextQueue: Sendable {
  /// Bytes of a request's texts from which on it is worth the way to another thread and back.
  public static let longText = 16 << 10

  /// Readings that may wait or run.
  public let limit: Int
  private let queue = DispatchQueue(label: "switchyard.long-texts", attributes: .concurrent)
  private let count = Atomic<Int>(0)

  public init(limit: Int = 256) { self.limit = limit }

  /// Runs some work on another thread.
  ///
  /// - Returns: false when too much waits already; then it is not run.
  func run(_ work: @escaping @Sendable () -> Void) -> Bool {
    guard count.add(1, ordering: .relaxed).newValue <= limit else {
      count.subtract(1, ordering: .relaxed)
      return false
    }
    queue.async { [self] in
      work()
      count.subtract(1, ordering: .relaxed)
    }
    return true
  }
}
