import CVectorKernels

/// A navigable small world in levels (HNSW: Malkov and Yashunin, arXiv 1603.09320): every place below ``count`` has
/// neighbours that are like it; on each level above, a fraction of them has again. A search goes down the levels and, on
/// the lowest, follows the neighbours of what it found.
///
/// Three things are other than in the paper:
///
/// - **Edges go both ways.** An entry that is full drops an edge on both sides, so all that leads to an entry is in the
///   lists of its own neighbours, and taking it out, or moving it to another place, touches those alone. Nothing is marked
///   as deleted; nothing leads to what is gone.
/// - **Levels are drawn from the id**, so that a graph depends on what it holds and on the order it came in, and on
///   nothing else.
/// - **Likeness is computed from int8 codes**, a quarter of the memory to fetch; the index then measures what was found
///   in single precision.
///
/// Lists are read while none is written: the index sees to it. Bounds: 2 · `links` neighbours on the lowest level and
/// `links` on the seven above.
final class NeighbourGraph {
  static let levelLimit = 7

  let links: Int
  let store: VectorStore
  /// Places that are in the graph: 0 up to here.
  private(set) var count = 0
  /// Where searches begin, on the highest level.
  private(set) var entry: UInt32?

  private struct Block {
    /// A count and the neighbours of each place on level 0.
    var lists: UnsafeMutablePointer<UInt32>
    /// The same of the levels above, for places that are there.
    var above: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>
    var levels: UnsafeMutablePointer<UInt8>
  }

  private let blocks: UnsafeMutablePointer<Block?>
  private let blockLimit: Int
  private(set) var blockCount = 0
  private var above = 0
  /// Places that ``forget()`` took out and whose lists above the lowest level are still held.
  private var forgotten = 0

  init(links: Int, capacity: Int, store: VectorStore) {
    self.links = links
    self.store = store
    blockLimit = (capacity + VectorStore.blockEntries - 1) / VectorStore.blockEntries
    blocks = .allocate(capacity: blockLimit)
    blocks.initialize(repeating: nil, count: blockLimit)
  }

  deinit {
    clear()
    blocks.deallocate()
  }

  /// Bytes of a block.
  static func blockSize(links: Int) -> Int { VectorStore.blockEntries * (4 * (2 * links + 1) + 8 + 1) }

  /// Bytes held.
  var size: Int { blockCount * Self.blockSize(links: links) + above * 4 * (links + 1) }

  // MARK: Reading

  private func block(_ place: Int) -> Block {
    guard let block = blocks[place / VectorStore.blockEntries] else {
      preconditionFailure("a place of the graph lies in a block")
    }
    return block
  }

  /// The highest level a place is on.
  func level(_ place: UInt32) -> Int { Int(block(Int(place)).levels[Int(place) % VectorStore.blockEntries]) }

  /// Neighbours that a place may have.
  func limit(_ level: Int) -> Int { level == 0 ? 2 * links : links }

  /// A count and the neighbours behind it.
  private func list(_ place: UInt32, _ level: Int) -> UnsafeMutablePointer<UInt32> {
    let block = block(Int(place))
    let row = Int(place) % VectorStore.blockEntries
    if level == 0 { return block.lists + row * (2 * links + 1) }
    guard let lists = block.above[row] else { preconditionFailure("place \(place) is on level \(level)") }
    return lists + (level - 1) * (links + 1)
  }

  func neighbours(_ place: UInt32, _ level: Int) -> UnsafeBufferPointer<UInt32> {
    let list = list(place, level)
    return UnsafeBufferPointer(start: list + 1, count: Int(list[0]))
  }

  /// The level of an id: 0 for most, each further one for one in `links` of those.
  func levelDrawn(for id: UInt64) -> Int {
    // The mixer of SplitMix64.
    var mixed = id &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    var level = 0
    while level < Self.levelLimit, mixed % UInt64(links) == 0 {
      level += 1
      mixed /= UInt64(links)
    }
    return level
  }

  // MARK: Writing

  /// Makes room for the next place: empty lists, which nobody reads before ``append(_:)``.
  func prepareNext(level: Int) {
    precondition(forgotten == 0, "what was forgotten is given back first")
    let index = count / VectorStore.blockEntries
    if index == blockCount {
      precondition(blockCount < blockLimit, "the index's capacity bounds its blocks")
      let entries = VectorStore.blockEntries
      let block = Block(
        lists: .allocate(capacity: entries * (2 * links + 1)), above: .allocate(capacity: entries),
        levels: .allocate(capacity: entries))
      block.above.initialize(repeating: nil, count: entries)
      blocks[index] = block
      blockCount += 1
    }
    let block = block(count)
    let row = count % VectorStore.blockEntries
    block.levels[row] = UInt8(level)
    block.lists[row * (2 * links + 1)] = 0
    if level > 0 {
      let lists = UnsafeMutablePointer<UInt32>.allocate(capacity: level * (links + 1))
      lists.initialize(repeating: 0, count: level * (links + 1))
      block.above[row] = lists
      above += level
    }
  }

  /// The prepared place becomes part of the graph, with its edges.
  func append(_ edits: GraphEdits) {
    let place = UInt32(count)
    count += 1
    write(edits)
    if entry.map({ level($0) < level(place) }) ?? true { entry = place }
  }

  /// Takes a place out and closes the gap with the last place of the graph.
  ///
  /// - Parameter edits: what ``planRemoval(of:breadth:_:)`` planned.
  /// - Returns: the place that moved into the gap; nil if the last one was taken out.
  func remove(_ place: UInt32, _ edits: GraphEdits) -> UInt32? {
    write(edits)
    if entry == place { entry = edits.entry }
    freeAbove(place)
    let last = UInt32(count - 1)
    if last != place { relabel(last, as: place) }
    count -= 1
    return last == place ? nil : last
  }

  private func freeAbove(_ place: UInt32) {
    let block = block(Int(place))
    let row = Int(place) % VectorStore.blockEntries
    if let lists = block.above[row] {
      above -= level(place)
      lists.deallocate()
      block.above[row] = nil
    }
  }

  private func relabel(_ from: UInt32, as to: UInt32) {
    for level in 0...level(from) {
      for neighbour in neighbours(from, level) {
        let list = list(neighbour, level)
        for index in 1...Int(list[0]) where list[index] == from { list[index] = to }
      }
    }
    let (source, target) = (block(Int(from)), block(Int(to)))
    let (old, new) = (Int(from) % VectorStore.blockEntries, Int(to) % VectorStore.blockEntries)
    list(to, 0).update(from: list(from, 0), count: 2 * links + 1)
    target.above[new] = source.above[old]
    source.above[old] = nil
    target.levels[new] = source.levels[old]
    if entry == from { entry = to }
  }

  private func write(_ edits: GraphEdits) {
    for (key, neighbours) in edits.lists {
      let list = list(key.place, key.level)
      list[0] = UInt32(neighbours.count)
      for (index, neighbour) in neighbours.enumerated() { list[index + 1] = neighbour }
    }
  }

  /// Nothing is in the graph from now on; the memory is given back by ``shrink()``, before anything is put in again.
  func forget() {
    forgotten = count
    count = 0
    entry = nil
  }

  /// Gives back what was forgotten and the blocks behind the last place, all but one. Nobody reads what goes, so others may
  /// search meanwhile.
  func shrink() { shrink(sparing: count == 0 ? 0 : 1) }

  private func shrink(sparing spare: Int) {
    for place in 0..<UInt32(forgotten) { freeAbove(place) }
    forgotten = 0
    let needed = (count + VectorStore.blockEntries - 1) / VectorStore.blockEntries
    while blockCount > needed + spare {
      blockCount -= 1
      if let block = blocks[blockCount] {
        block.lists.deallocate()
        block.above.deallocate()
        block.levels.deallocate()
      }
      blocks[blockCount] = nil
    }
  }

  private func clear() {
    forget()
    shrink(sparing: 0)
  }
}
