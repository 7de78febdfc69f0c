import NIOCore

/// Connections of one loop with bytes to send, flushed together once the loop has handled what came in.
///
/// A loop that answers each event with a system call of its own wakes the other side each time it has gone to sleep
/// meanwhile, which costs more than the call; sent back to back, most find it awake. Redis does so before it sleeps.
/// With one event at a time nothing waits; under load nothing waits longer than ``longestWait``, and one event.
struct LoopFlushes {
  /// How many connections wait at most.
  private static let limit = 64
  /// How long the first of them waits, as far as events allow.
  private static let longestWait = TimeAmount.microseconds(250)

  private var waiting: [any DeferredFlush]
  /// The other array, empty, with room.
  private var spare: [any DeferredFlush]
  private var since = NIODeadline.uptimeNanoseconds(0)

  init() {
    waiting = []
    waiting.reserveCapacity(Self.limit)
    spare = []
    spare.reserveCapacity(Self.limit)
  }

  /// Nothing waits: the next one needs a task at the end of the turn.
  var isEmpty: Bool { waiting.isEmpty }

  mutating func add(_ connection: any DeferredFlush, at time: NIODeadline) {
    if waiting.isEmpty { since = time }
    waiting.append(connection)
  }

  /// They have waited long enough, or are as many as may wait.
  func isDue(at time: NIODeadline) -> Bool {
    !waiting.isEmpty && (waiting.count >= Self.limit || time - since >= Self.longestWait)
  }

  /// Those that wait; none waits afterwards. They are to be given back.
  mutating func take() -> [any DeferredFlush] {
    var taken: [any DeferredFlush] = []
    swap(&taken, &spare)
    swap(&taken, &waiting)
    return taken
  }

  /// Those that were taken have been flushed: their array is used anew.
  mutating func giveBack(_ taken: consuming [any DeferredFlush]) {
    taken.removeAll(keepingCapacity: true)
    spare = taken
  }
}

/// A connection whose flush may wait for the end of the loop's turn.
protocol DeferredFlush: AnyObject {
  func flushDeferred()
}
