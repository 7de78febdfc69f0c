import Dispatch
import Synchronization

/// Threads for readings that would hold an event loop up: guards and finders of personal data on long texts, some milliseconds
/// for 100 KB.
///
/// Bounded: a reading beyond ``limit`` or ``byteLimit`` is refused. May be used from any thread.
public final class LongTextQueue: Sendable {
  /// Bytes of a request's texts from which on it is worth the way to another thread and back.
  public static let longText = 4 << 10

  /// Readings that may wait or run.
  public let limit: Int
  /// Bytes of texts that may wait or be read, all together; one text may have more when nothing else is there.
  public static let byteLimit = 256 << 20
  private let queue = DispatchQueue(label: "switchyard.long-texts", attributes: .concurrent)
  private let count = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)

  public init(limit: Int = 256) { self.limit = limit }

  /// Runs some work on another thread.
  ///
  /// - Returns: false when too much waits already; then it is not run.
  func run(bytes size: Int, _ work: @escaping @Sendable () -> Void) -> Bool {
    let running = count.add(1, ordering: .relaxed).newValue
    let held = bytes.add(size, ordering: .relaxed).newValue
    guard running <= limit, held <= Self.byteLimit || held == size else {
      count.subtract(1, ordering: .relaxed)
      bytes.subtract(size, ordering: .relaxed)
      return false
    }
    queue.async { [self] in
      work()
      count.subtract(1, ordering: .relaxed)
      bytes.subtract(size, ordering: .relaxed)
    }
    return true
  }
}
