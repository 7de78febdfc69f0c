/// What one engine has told of, written into the table of all as it tells more.
struct EngineHolding {
  /// Of its replica.
  let slot: Int
  /// Tokens of a block; 0 until it is told.
  private(set) var blockSize = 0
  /// Blocks that the engine told of were given up for want of room: it may hold more than is known.
  private(set) var isIncomplete = false
  private var blocks = EngineBlocks()

  init(slot: Int) { self.slot = slot }

  var count: Int { blocks.count }

  /// Blocks are on one more tier.
  ///
  /// - Parameters:
  ///   - hashes: the engine's own, each following on the one before.
  ///   - foreign: the first block that is more than its tokens and its adapter.
  ///   - share: blocks that are kept at most.
  /// - Returns: false when nothing is known of the parent; then nothing is written.
  mutating func store(
    _ hashes: [UInt64], parent: UInt64?, tokens: [UInt32], foreign: Int?, adapterKey: UInt64, tier: CacheTier,
    share: Int, in table: TokenBlockTable
  ) -> Bool {
    var before = TokenBlockHash.root(blockSize: blockSize, adapterKey: adapterKey)
    if let parent {
      guard let known = blocks.find(parent) else { return false }
      before = known.key
    }
    tokens.withUnsafeBufferPointer { tokens in
      guard let start = tokens.baseAddress else { return }
      for (index, hash) in hashes.enumerated() {
        before =
          index == foreign
          ? TokenBlockHash.foreignKey(hash, before: before)
          : TokenBlockHash.key(start + index * blockSize, blockSize, before: before)
        put(hash, before, tier, share, table)
      }
    }
    return true
  }

  /// Blocks, told without their tokens, are on one more tier; of those that are not known nothing can be said.
  mutating func copy(_ hashes: [UInt64], to tier: CacheTier, in table: TokenBlockTable) {
    for hash in hashes {
      guard let known = blocks.find(hash) else { continue }
      blocks.store(hash, key: known.key, tiers: known.tiers | tier.bit)
      table.set(known.key, slot: slot, tiers: known.tiers | tier.bit)
    }
  }

  /// Blocks are no longer on a tier.
  mutating func remove(_ hashes: [UInt64], from tier: CacheTier, in table: TokenBlockTable) {
    for hash in hashes {
      guard let known = blocks.find(hash) else { continue }
      let left = known.tiers & ~tier.bit
      table.set(known.key, slot: slot, tiers: left)
      if left == 0 { blocks.remove(hash) } else { blocks.setTiers(left, of: hash) }
    }
  }

  /// Gives up those that were told of longest ago until so many are left.
  mutating func trim(to share: Int, in table: TokenBlockTable) {
    while blocks.count > share, let gone = blocks.removeOldest() {
      table.set(gone, slot: slot, tiers: 0)
      isIncomplete = true
    }
    guard share == 0 else { return }
    blocks = EngineBlocks()
    isIncomplete = false
  }

  /// Nothing is known of it any more, not even the size of its blocks.
  mutating func forget(in table: TokenBlockTable) { begin(blockSize: 0, in: table) }

  /// Begins with blocks of another size.
  mutating func begin(blockSize: Int, in table: TokenBlockTable) {
    trim(to: 0, in: table)
    self.blockSize = blockSize
  }

  private mutating func put(
    _ hash: UInt64, _ key: UInt64, _ tier: CacheTier, _ share: Int, _ table: TokenBlockTable
  ) {
    var tiers = tier.bit
    if let known = blocks.find(hash) {
      tiers |= known.tiers
      if known.key != key { table.set(known.key, slot: slot, tiers: 0) }
    } else {
      guard share > 0 else { return }
      if blocks.count >= share { trim(to: share - 1, in: table) }
    }
    blocks.store(hash, key: key, tiers: tiers)
    table.set(key, slot: slot, tiers: tiers)
  }
}
