import Synchronization

/// Requests in flight and bytes held by all event loops of a gateway, counted where they are admitted.
///
/// Safe from any thread; each operation is one or two relaxed atomics. A request is counted before it is judged and taken
/// back when it is shed, so that loops which admit at the same moment never admit more than the limit together.
public final class GatewayLoad: Sendable {
  public let shedder: LoadShedder
  private let running = Atomic<Int>(0)
  private let held = Atomic<Int>(0)

  public init(shedder: LoadShedder = LoadShedder()) { self.shedder = shedder }

  /// Requests admitted and not ended.
  public var requests: Int { running.load(ordering: .relaxed) }
  /// Bytes held for them.
  public var bytes: Int { held.load(ordering: .relaxed) }

  /// A request came. If admitted, the caller must call ``requestEnded()`` once.
  ///
  /// - Parameter expectedBytes: what its body will hold if that is known, else 0; only judged here, counted by
  ///   ``hold(bytes:)`` as it comes.
  public func requestBegan(
    priority: RequestPriority, expectedBytes: Int, random: inout some RandomNumberGenerator
  ) -> LoadShedder.Verdict {
    let requests = running.wrappingAdd(1, ordering: .relaxed).newValue
    let verdict = shedder.verdict(
      requests: requests, bytes: bytes + max(0, expectedBytes), priority: priority, random: &random)
    if verdict != .admit { running.wrappingSubtract(1, ordering: .relaxed) }
    return verdict
  }

  /// A request that was admitted has ended, however it ended.
  public func requestEnded() {
    let before = running.wrappingSubtract(1, ordering: .relaxed).oldValue
    precondition(before > 0, "a request ended that was never admitted")
  }

  /// Bytes of an admitted request arrived and are kept, if there is room for them: all priorities up to the hard limit,
  /// since the request has begun. If there is none the request is to be answered 503.
  ///
  /// - Returns: whether they are counted; then ``release(bytes:)`` must follow.
  public func hold(bytes count: Int) -> Bool {
    let after = held.wrappingAdd(count, ordering: .relaxed).newValue
    guard after > shedder.maximumBytes else { return true }
    held.wrappingSubtract(count, ordering: .relaxed)
    return false
  }

  /// Bytes that ``hold(bytes:)`` counted are kept no more.
  public func release(bytes count: Int) {
    let before = held.wrappingSubtract(count, ordering: .relaxed).oldValue
    precondition(before >= count, "more bytes were released than were held")
  }
}
