/// A change of the simulated cache as it is published.
enum CacheEvent: Equatable {
  /// Blocks that follow on one another and on `parent`.
  case stored(hashes: [UInt64], parent: UInt64?, tokens: [UInt32], adapter: String?)
  case removed([UInt64])
  case cleared

  /// The events of what a prompt changed: new blocks next to each other in the prompt make one event of the latest
  /// generation, each an event of its own of v0.5.0. Removed blocks come last.
  static func events(
    of changes: [BlockCache.Change], chain: [UInt64], tokens: [UInt32], blockSize: Int, adapter: String?,
    compatibility: CompatibilityLevel
  ) -> [CacheEvent] {
    var fresh: Set<UInt64> = []
    var removed: [UInt64] = []
    var wasCleared = false
    for change in changes {
      switch change {
      case .stored(let block): fresh.insert(block)
      case .removed(let block): removed.append(block)
      case .cleared: wasCleared = true
      }
    }
    var events: [CacheEvent] = wasCleared && compatibility != .v050 ? [.cleared] : []
    var start = 0
    while start < chain.count {
      guard fresh.contains(chain[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < chain.count, fresh.remove(chain[end]) != nil {
        end += 1
        if compatibility == .v050 { break }
      }
      events.append(
        .stored(
          hashes: Array(chain[start..<end]), parent: start == 0 ? nil : chain[start - 1],
          tokens: Array(tokens[start * blockSize..<end * blockSize]), adapter: adapter))
      start = end
    }
    if compatibility == .v050 {
      events += removed.map { .removed([$0]) }
    } else if !removed.isEmpty {
      events.append(.removed(removed))
    }
    return events
  }
}
