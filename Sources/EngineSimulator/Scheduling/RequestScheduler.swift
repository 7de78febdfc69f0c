/// Which requests run and which wait: a state machine without time or input of its own. Each event returns what to start.
///
/// A request runs when fewer than `maxSequences` do and its adapter is loaded or can be. The queue is first in, first
/// out, with one exception: a request whose adapter is loaded (or that needs none) goes ahead of those that would have to
/// load theirs; only when there is none of the first kind is an adapter loaded, into a free slot or in the place of one
/// that nobody uses. v0.5.0 has no slots: its queue is plain.
///
/// Invariants: running ≤ `maxSequences`; with slots, loaded adapters ≤ slots; a waiting request is never startable.
struct RequestScheduler {
  enum AdapterSlots: Equatable {
    case unlimited
    case limited(Int)
  }

  /// What becomes of a submitted request.
  enum Admission: Equatable {
    case started(Start)
    case waiting
    /// The queue is full.
    case refused
  }

  /// A request that runs from now on.
  struct Start: Equatable {
    let id: Int
    /// Nanoseconds that it waited.
    let queued: Int64
    /// An adapter that had to leave its slot.
    let unloaded: String?
  }

  private struct Waiting {
    let id: Int
    let adapter: String?
    let since: Int64
  }

  let maxSequences: Int
  let slots: AdapterSlots
  let queueLimit: Int
  private var queue: [Waiting] = []
  private var running: [Int: String?] = [:]
  /// Adapters in slots, with the number of running requests of each.
  private var loaded: [String: Int] = [:]
  /// The same names, the longest loaded first.
  private var loadOrder: [String] = []

  init(maxSequences: Int, slots: AdapterSlots, queueLimit: Int) {
    precondition(maxSequences > 0 && queueLimit >= 0)
    self.maxSequences = maxSequences
    self.slots = slots
    self.queueLimit = queueLimit
  }

  var runningCount: Int { running.count }
  var waitingCount: Int { queue.count }

  /// Names of adapters with running requests, in alphabetical order.
  var runningAdapters: [String] { Set(running.values.compactMap { $0 }).sorted() }
  /// Names of adapters with waiting requests, in alphabetical order.
  var waitingAdapters: [String] { Set(queue.compactMap(\.adapter)).sorted() }
  /// Names of adapters in slots, the longest loaded first.
  var loadedAdapters: [String] { loadOrder }

  /// A request arrives. `now` is any monotonic time in nanoseconds.
  mutating func submit(_ id: Int, adapter: String?, now: Int64) -> Admission {
    queue.append(Waiting(id: id, adapter: adapter, since: now))
    // Those that wait were not startable before, so if anything starts it is the newcomer.
    if let start = startNext(now: now) { return .started(start) }
    if queue.count > queueLimit {
      queue.removeLast()
      return .refused
    }
    return .waiting
  }

  /// A running request ended, or a running or waiting one was given up. Returns the requests that run from now on.
  mutating func remove(_ id: Int, now: Int64) -> [Start] {
    if let adapter = running.removeValue(forKey: id) {
      if let adapter, let count = loaded[adapter] { loaded[adapter] = count - 1 }
    } else if let index = queue.firstIndex(where: { $0.id == id }) {
      queue.remove(at: index)
    }
    var starts: [Start] = []
    while let start = startNext(now: now) { starts.append(start) }
    return starts
  }

  private mutating func startNext(now: Int64) -> Start? {
    guard running.count < maxSequences, !queue.isEmpty else { return nil }
    var unloaded: String?
    let index: Int
    if let ready = queue.firstIndex(where: { isReady($0.adapter) }) {
      index = ready
    } else if let loadable = queue.indices.first, let adapter = queue[loadable].adapter, canLoad() {
      unloaded = load(adapter)
      index = loadable
    } else {
      return nil
    }
    let request = queue.remove(at: index)
    running[request.id] = .some(request.adapter)
    if let adapter = request.adapter, slots != .unlimited { loaded[adapter, default: 0] += 1 }
    return Start(id: request.id, queued: now - request.since, unloaded: unloaded)
  }

  private func isReady(_ adapter: String?) -> Bool {
    guard let adapter, slots != .unlimited else { return true }
    return loaded[adapter] != nil
  }

  private func canLoad() -> Bool {
    guard case .limited(let limit) = slots else { return true }
    return loaded.count < limit || loaded.values.contains(0)
  }

  /// Puts the adapter into a slot; returns the one that made room.
  private mutating func load(_ adapter: String) -> String? {
    var unloaded: String?
    if case .limited(let limit) = slots, loaded.count >= limit,
      let index = loadOrder.firstIndex(where: { loaded[$0] == 0 })
    {
      unloaded = loadOrder.remove(at: index)
      unloaded.map { loaded[$0] = nil }
    }
    loaded[adapter] = 0
    loadOrder.append(adapter)
    return unloaded
  }
}
