/// What one request counts of a gateway's load: itself, and the bytes that are held for it. A request that was never
/// admitted counts nothing, and may hold what it likes: it is about to be answered.
///
/// Used from one thread. The gateway's load is handed in each time: a reference of each request's own to it would be
/// counted where all loops count theirs.
public struct RequestLoad {
  private var isAdmitted = false
  private var held = 0
  /// Of them, those that have arrived and are not handed over.
  private var ahead = 0
  private var pending = 0

  public init() {}

  /// The request came. If admitted, ``end(in:)`` must follow.
  ///
  /// - Parameter expectedBytes: what its body will hold if that is known, else 0.
  public mutating func begin(
    in load: GatewayLoad, priority: RequestPriority, expectedBytes: Int, random: inout some RandomNumberGenerator
  ) -> LoadShedder.Verdict {
    let verdict = load.requestBegan(priority: priority, expectedBytes: expectedBytes, random: &random)
    isAdmitted = verdict == .admit
    return verdict
  }

  /// Counts what has arrived of a body that is handed over when it is whole.
  ///
  /// - Parameter total: of the body, not what is new.
  /// - Returns: false when the gateway has no room for it.
  public mutating func arrived(_ total: Int, in load: GatewayLoad) -> Bool {
    guard total > ahead else { return true }
    guard hold(total - ahead, in: load) else { return false }
    ahead = total
    return true
  }

  /// Counts bytes of the body that are handed over and kept, but for those that were counted when they arrived.
  ///
  /// - Returns: false when the gateway has no room for them.
  public mutating func keep(_ count: Int, in load: GatewayLoad) -> Bool {
    let more = max(0, count - ahead)
    ahead = 0
    return hold(more, in: load)
  }

  /// Counts bytes that wait for an engine to take them.
  ///
  /// - Returns: false when the gateway has no room for them.
  public mutating func wait(_ count: Int, in load: GatewayLoad) -> Bool {
    guard isAdmitted, count > 0 else { return true }
    guard load.hold(bytes: count) else { return false }
    pending += count
    return true
  }

  /// Bytes that ``wait(_:in:)`` counted do not wait any more.
  public mutating func taken(_ count: Int, in load: GatewayLoad) {
    let taken = min(count, pending)
    guard taken > 0 else { return }
    pending -= taken
    load.release(bytes: taken)
  }

  /// What is held of the body is let go of.
  public mutating func letBodyGo(in load: GatewayLoad) {
    ahead = 0
    guard held > 0 else { return }
    load.release(bytes: held)
    held = 0
  }

  /// The request is over. Harmless when it is over already.
  public mutating func end(in load: GatewayLoad) {
    letBodyGo(in: load)
    taken(pending, in: load)
    guard isAdmitted else { return }
    isAdmitted = false
    load.requestEnded()
  }

  private mutating func hold(_ count: Int, in load: GatewayLoad) -> Bool {
    guard isAdmitted, count > 0 else { return true }
    guard load.hold(bytes: count) else { return false }
    held += count
    return true
  }
}
