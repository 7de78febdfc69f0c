/// The blocks that one engine has told of, by its own hashes, in the order in which it told of them.
///
/// About 50 bytes a block: a node of 24, its place in the order included, and an entry of a dictionary. Not shared.
struct EngineBlocks {
  private struct Node {
    /// The engine's.
    var hash: UInt64
    /// Ours (``TokenBlockHash``), and the tiers that hold the block.
    var word: UInt64
    var older: UInt32
    var newer: UInt32
  }

  private static let none = UInt32.max

  private var places: [UInt64: UInt32] = [:]
  private var nodes: [Node] = []
  /// The first of the nodes that are not in use, linked by ``Node/newer``.
  private var free = Self.none
  private var oldest = Self.none
  private var newest = Self.none

  var count: Int { places.count }

  /// Our key of a block and the tiers that hold it; nil when nothing is known of it.
  func find(_ hash: UInt64) -> (key: UInt64, tiers: UInt64)? {
    guard let place = places[hash] else { return nil }
    let word = nodes[Int(place)].word
    return (word & ~TokenBlockHash.tierMask, word & TokenBlockHash.tierMask)
  }

  /// A block is the newest now, under this key and on these tiers.
  mutating func store(_ hash: UInt64, key: UInt64, tiers: UInt64) {
    if let place = places[hash] {
      nodes[Int(place)].word = key | tiers
      unlink(place)
      append(place)
      return
    }
    let node = Node(hash: hash, word: key | tiers, older: Self.none, newer: Self.none)
    let place: UInt32
    if free != Self.none {
      place = free
      free = nodes[Int(place)].newer
      nodes[Int(place)] = node
    } else {
      place = UInt32(nodes.count)
      nodes.append(node)
    }
    places[hash] = place
    append(place)
  }

  mutating func setTiers(_ tiers: UInt64, of hash: UInt64) {
    guard let place = places[hash] else { return }
    nodes[Int(place)].word = nodes[Int(place)].word & ~TokenBlockHash.tierMask | tiers
  }

  mutating func remove(_ hash: UInt64) {
    guard let place = places.removeValue(forKey: hash) else { return }
    unlink(place)
    nodes[Int(place)].newer = free
    free = place
  }

  /// Takes out the block that was told of longest ago.
  ///
  /// - Returns: its key; nil when there is none.
  mutating func removeOldest() -> UInt64? {
    guard oldest != Self.none else { return nil }
    let node = nodes[Int(oldest)]
    remove(node.hash)
    return node.word & ~TokenBlockHash.tierMask
  }

  private mutating func append(_ place: UInt32) {
    nodes[Int(place)].older = newest
    nodes[Int(place)].newer = Self.none
    if newest != Self.none { nodes[Int(newest)].newer = place } else { oldest = place }
    newest = place
  }

  private mutating func unlink(_ place: UInt32) {
    let node = nodes[Int(place)]
    if node.older != Self.none { nodes[Int(node.older)].newer = node.newer } else { oldest = node.newer }
    if node.newer != Self.none { nodes[Int(node.newer)].older = node.older } else { newest = node.older }
  }
}
