/// The blocks in an engine's cache, the least recently used of which goes when there are too many.
struct BlockLRU {
  let capacity: Int
  private var places: [UInt64: Int] = [:]
  private var keys: [UInt64] = [0]
  private var newer: [Int] = [0]
  private var older: [Int] = [0]
  private var free: [Int] = []

  /// Place 0 is the ends of the list: its `newer` is the oldest, its `older` the newest.
  init(capacity: Int) { self.capacity = capacity }

  var count: Int { places.count }

  /// Blocks from the prompt's start that are all there.
  func matched(_ blocks: [UInt64]) -> Int {
    var count = 0
    while count < blocks.count, places[blocks[count]] != nil { count += 1 }
    return count
  }

  /// Uses the blocks, the last first, so that a prompt's end goes before its beginning.
  mutating func insert(_ blocks: [UInt64]) {
    for block in blocks.reversed() {
      if let place = places[block] {
        unlink(place)
        linkNewest(place)
      } else {
        if places.count == capacity { removeOldest() }
        let place: Int
        if let reused = free.popLast() {
          place = reused
          keys[place] = block
        } else {
          place = keys.count
          keys.append(block)
          newer.append(0)
          older.append(0)
        }
        places[block] = place
        linkNewest(place)
      }
    }
  }

  private mutating func removeOldest() {
    let oldest = newer[0]
    guard oldest != 0 else { return }
    unlink(oldest)
    places[keys[oldest]] = nil
    free.append(oldest)
  }

  private mutating func unlink(_ place: Int) {
    newer[older[place]] = newer[place]
    older[newer[place]] = older[place]
  }

  private mutating func linkNewest(_ place: Int) {
    let newest = older[0]
    newer[newest] = place
    older[place] = newest
    newer[place] = 0
    older[0] = place
  }
}
