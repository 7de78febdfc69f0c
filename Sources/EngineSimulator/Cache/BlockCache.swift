/// The simulated KV cache: which blocks are in use by running requests, and which are kept in case they are asked for
/// again. Holds at most `capacity` blocks; when full, the kept block that was used longest ago goes first, and before any
/// other those of adapters that are no longer loaded.
struct BlockCache {
  /// The running requests alone need more blocks than there are.
  struct CapacityExceeded: Error, Equatable {}

  /// What happened to the blocks that are present, for those who follow it.
  enum Change: Equatable {
    case stored(UInt64)
    case removed(UInt64)
    /// All kept blocks went.
    case cleared
  }

  private struct Kept {
    let model: String
    /// When it was last used, as a count of uses.
    let use: UInt64
  }

  let capacity: Int
  /// Blocks of running requests, with the number of requests of each.
  private var used: [UInt64: (count: Int, model: String)] = [:]
  private var kept: [UInt64: Kept] = [:]
  private var uses: UInt64 = 0
  private var changes: [Change] = []
  /// Candidates for eviction in the order of their use; those whose use is not the block's last one are stale.
  private var order = EvictionOrder()
  private var retired = EvictionOrder()

  init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  var usedCount: Int { used.count }
  var count: Int { used.count + kept.count }
  /// Share of the blocks that running requests use, 0–1.
  var usage: Double { Double(used.count) / Double(capacity) }

  /// How many of the prompt's first blocks are present.
  func hits(_ blocks: [UInt64]) -> Int {
    blocks.prefix { used[$0] != nil || kept[$0] != nil }.count
  }

  /// A request starts to use its blocks; returns how many of its first blocks were present.
  mutating func start(_ blocks: [UInt64], model: String) throws(CapacityExceeded) -> Int {
    let hits = hits(blocks)
    let fresh = Set(blocks).reduce(0) { $0 + (used[$1] == nil ? 1 : 0) }
    guard used.count + fresh <= capacity else { throw CapacityExceeded() }
    for block in blocks {
      if let entry = used[block] {
        used[block] = (entry.count + 1, entry.model)
        continue
      }
      if kept.removeValue(forKey: block) == nil { changes.append(.stored(block)) }
      used[block] = (1, model)
    }
    while count > capacity, let block = oldest() {
      kept[block] = nil
      changes.append(.removed(block))
    }
    return hits
  }

  /// The request ends; its blocks are kept until their room is needed.
  mutating func finish(_ blocks: [UInt64]) {
    // The last block goes first when room is needed, so that what stays is a prefix.
    for block in blocks.reversed() {
      guard let entry = used[block] else { continue }
      if entry.count > 1 {
        used[block] = (entry.count - 1, entry.model)
      } else {
        used[block] = nil
        uses += 1
        kept[block] = Kept(model: entry.model, use: uses)
        order.append(block, use: uses)
      }
    }
    let current = kept
    if order.count > 2 * capacity { order.compact { current[$0]?.use == $1 } }
  }

  /// The model's kept blocks go before all others from now on. O(kept blocks).
  mutating func retire(model: String) {
    for (block, entry) in kept.filter({ $0.value.model == model }).sorted(by: { $0.value.use < $1.value.use }) {
      retired.append(block, use: entry.use)
    }
    let current = kept
    if retired.count > 2 * capacity { retired.compact { current[$0]?.use == $1 } }
  }

  /// The changes since the last call; to be called after each request, so that they stay few.
  mutating func takeChanges() -> [Change] {
    defer { changes.removeAll(keepingCapacity: true) }
    return changes
  }

  /// Forgets the kept blocks; those in use stay.
  mutating func clear() {
    kept.removeAll()
    changes = [.cleared]
    order = EvictionOrder()
    retired = EvictionOrder()
  }

  private mutating func oldest() -> UInt64? {
    let current = kept
    return retired.popFirst { current[$0]?.use == $1 } ?? order.popFirst { current[$0]?.use == $1 }
  }
}

/// A queue of blocks by last use in which entries may be stale; amortised O(1).
private struct EvictionOrder {
  private var entries: [(block: UInt64, use: UInt64)] = []
  private var head = 0

  var count: Int { entries.count - head }

  mutating func append(_ block: UInt64, use: UInt64) {
    entries.append((block, use))
  }

  mutating func popFirst(isCurrent: (UInt64, UInt64) -> Bool) -> UInt64? {
    while head < entries.count {
      let entry = entries[head]
      head += 1
      if head > 1024, head > entries.count / 2 {
        entries.removeFirst(head)
        head = 0
      }
      if isCurrent(entry.block, entry.use) { return entry.block }
    }
    return nil
  }

  mutating func compact(isCurrent: (UInt64, UInt64) -> Bool) {
    entries = entries[head...].filter { isCurrent($0.block, $0.use) }
    head = 0
  }
}
