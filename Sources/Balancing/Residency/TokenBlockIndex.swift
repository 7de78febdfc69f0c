import Fleet
import Synchronization

/// Which blocks of tokens each engine holds, by what the engines themselves tell (KV events).
///
/// A ``PrefixIndex`` goes by the prompts that this router sent; this one knows also what came to an engine by another way, and
/// what it gave up. An engine names blocks by hashes that only it can compute. They are translated, for each replica apart, into
/// keys of our own: a chain over the tokens of each block whose root is the adapter and the size of a block
/// (``TokenBlockHash``). Which model they belong to is said by the replica. A block whose parent is not known is left out, and
/// so is all that follows on it.
///
/// **Memory** is bounded by the number of blocks, of all replicas together: 42 bytes each for the table, and about 57 for each
/// block of each replica that is there. The replicas share it evenly; one that tells of more loses those that it told of longest ago.
///
/// **Threads**: any. Lookups read the table without a lock; what is told takes one.
public final class TokenBlockIndex: Sendable {
  /// How much is known of a replica.
  public enum Knowledge: UInt8, Sendable {
    /// It has told nothing.
    case nothing
    /// It holds what it has told of, and perhaps more: its events from before are lost, or there was no room for all of them.
    case part
    case all
  }

  /// Sizes of blocks that are told apart at a time; engines with yet another are passed over.
  public static let sizeLimit = 4

  public let maximumReplicas: Int
  public let maximumBlocks: Int
  private let table: TokenBlockTable
  private let slots: [Slot]
  /// The sizes of blocks in use, 16 bits each.
  private let sizesWord = Atomic<UInt64>(0)
  private let mismatchCount = Atomic<Int>(0)
  private let state = Mutex(State())

  private final class Slot: Sendable {
    /// The identity of the replica that the slot belongs to; -1 for none.
    let owner = Atomic<Int>(-1)
    let knowledge = Atomic<UInt8>(Knowledge.nothing.rawValue)
    /// Its blocks are being taken out: they count no more.
    let isEmptying = Atomic<Bool>(false)
    let blocks = Atomic<Int>(0)
  }

  private struct State: Sendable {
    /// By the replica's identity.
    var holdings: [Int: EngineHolding] = [:]
    /// Blocks of one replica.
    var share = 0
  }

  /// - Parameters:
  ///   - maximumBlocks: of all replicas together, at least 64.
  ///   - maximumReplicas: 1…4 096; to be as many as the prefix index has.
  /// - Throws: when the system has not got the memory.
  public init(maximumBlocks: Int, maximumReplicas: Int) throws(PrefixIndex.NoMemory) {
    precondition((1...TokenBlockTable.slotLimit).contains(maximumReplicas), "an index holds 1 to 4096 replicas")
    self.maximumReplicas = maximumReplicas
    self.maximumBlocks = min(max(64, maximumBlocks), Int(Int32.max))
    table = try TokenBlockTable(maximumEntries: self.maximumBlocks)
    slots = (0..<maximumReplicas).map { _ in Slot() }
  }

  /// Bytes of the table.
  public var tableBytes: Int { table.byteCount }

  // MARK: Replicas

  /// Listens to these replicas from now on and forgets the others. To be called when a fleet comes into force, after
  /// ``PrefixIndex/adopt(_:)``, whose slots are used.
  public func follow(_ replicas: [Replica]) {
    state.withLock { state in
      var wanted: [Int: Int] = [:]
      for replica in replicas where replica.prefixSlot >= 0 && replica.prefixSlot < maximumReplicas {
        wanted[replica.id] = replica.prefixSlot
      }
      for (id, slot) in state.holdings.mapValues(\.slot) where wanted[id] != slot {
        slots[slot].owner.store(-1, ordering: .relaxed)
        empty(id, &state, knowledge: .nothing)
        state.holdings[id] = nil
      }
      for (id, slot) in wanted where state.holdings[id] == nil {
        state.holdings[id] = EngineHolding(slot: slot)
        slots[slot].owner.store(id, ordering: .relaxed)
      }
      state.share = maximumBlocks / max(1, state.holdings.count)
      for (id, slot) in wanted {
        state.holdings[id]?.trim(to: state.share, in: table)
        noteIncompleteness(of: id, state)
        count(state.holdings[id]?.count ?? 0, slot)
      }
      settleSizes(state)
    }
  }

  /// What is known of a replica; ``Knowledge/nothing`` where it is not listened to.
  public func knowledge(of replica: Replica) -> Knowledge {
    let place = replica.prefixSlot
    guard place >= 0, place < maximumReplicas, slots[place].owner.load(ordering: .relaxed) == replica.id else {
      return .nothing
    }
    return Knowledge(rawValue: slots[place].knowledge.load(ordering: .relaxed)) ?? .nothing
  }

  /// Blocks that a replica has told of and still holds; nil when nothing is known of it.
  public func blocks(of replica: Replica) -> Int? {
    knowledge(of: replica) == .nothing ? nil : slots[replica.prefixSlot].blocks.load(ordering: .relaxed)
  }

  // MARK: What engines tell

  /// A replica stored blocks, each following on the one before it.
  ///
  /// - Parameters:
  ///   - hashes: the engine's own.
  ///   - parent: the block in front of the first; nil at the beginning of a prompt.
  ///   - tokens: of all blocks. Without them only blocks that are known already are on one more tier now.
  ///   - foreign: the first block that is more than its tokens and its adapter, such as an image; it and what follows on it
  ///     match no prompt.
  ///   - adapter: nil for the base model.
  public func stored(
    replica: Int, hashes: [UInt64], parent: UInt64? = nil, tokens: [UInt32], blockSize: Int, foreign: Int? = nil,
    adapter: String? = nil, tier: CacheTier = .gpu
  ) {
    state.withLock { state in
      guard let slot = state.holdings[replica]?.slot, !hashes.isEmpty else { return }
      guard !tokens.isEmpty else {
        state.holdings[replica]?.copy(hashes, to: tier, in: table)
        return
      }
      guard blockSize > 0, blockSize <= 0xFFFF, tokens.count == hashes.count * blockSize,
        takeSize(blockSize, of: replica, &state)
      else { return }
      let isKnown = state.holdings[replica]?.store(
        hashes, parent: parent, tokens: tokens, foreign: foreign,
        adapterKey: adapter.map { BlockHash.key(of: $0) } ?? 0, tier: tier, share: state.share, in: table)
      if isKnown == false {
        // It holds what it has not told us of.
        know(.part, slot)
      } else if slots[slot].knowledge.load(ordering: .relaxed) == Knowledge.nothing.rawValue {
        know(.all, slot)
      }
      noteIncompleteness(of: replica, state)
      count(state.holdings[replica]?.count ?? 0, slot)
    }
  }

  /// A replica gave blocks up on one tier; what other tiers and other replicas hold stays.
  public func removed(replica: Int, hashes: [UInt64], tier: CacheTier = .gpu) {
    state.withLock { state in
      guard let slot = state.holdings[replica]?.slot else { return }
      state.holdings[replica]?.remove(hashes, from: tier, in: table)
      count(state.holdings[replica]?.count ?? 0, slot)
    }
  }

  /// Nothing that a replica told so far holds any more.
  ///
  /// - Parameter knowledge: ``Knowledge/all`` when its cache is empty, ``Knowledge/part`` when events are lost,
  ///   ``Knowledge/nothing`` when it is no longer listened to.
  public func cleared(replica: Int, knowledge: Knowledge) {
    state.withLock { state in
      guard let size = state.holdings[replica]?.blockSize else { return }
      // Before its first event with tokens there is nothing to go by, whatever else it tells.
      empty(replica, &state, knowledge: size == 0 && knowledge == .all ? .nothing : knowledge)
    }
  }

  // MARK: Lookups

  /// Whether some replica has told of blocks with their tokens.
  public var isInUse: Bool { sizesWord.load(ordering: .relaxed) != 0 }

  /// The keys of a prompt's blocks, for all sizes that engines have told of. Microseconds for 10 000 tokens.
  public func chains(of tokens: [UInt32], adapter: String?) -> TokenChains {
    let word = sizesWord.load(ordering: .relaxed)
    let adapterKey = adapter.map { BlockHash.key(of: $0) } ?? 0
    let chains = Self.sizes(word).map { size in
      let keys = tokens.withUnsafeBufferPointer {
        TokenBlockHash.chain(
          $0, blockSize: size, root: TokenBlockHash.root(blockSize: size, adapterKey: adapterKey),
          limit: TokenChains.maximumBlocks)
      }
      return TokenChains.Chain(blockSize: size, keys: keys)
    }
    return TokenChains(tokenCount: tokens.count, chains: chains, sizes: word)
  }

  /// Whether they were made for the sizes that engines have told of by now.
  public func isCurrent(_ chains: TokenChains) -> Bool { chains.sizes == sizesWord.load(ordering: .relaxed) }

  /// Answers that told of another number of prompt tokens than the prompt was looked up with: engines that read prompts otherwise
  /// than they tell (`/tokenize`), so that nothing of them is found.
  public var mismatches: Int { mismatchCount.load(ordering: .relaxed) }

  func countMismatch() { mismatchCount.add(1, ordering: .relaxed) }

  /// Finds who holds how much of a prompt from its beginning.
  public func match(_ chains: TokenChains, weights: TierWeights, into matches: inout TokenMatches) {
    matches.begin()
    for chain in chains.chains {
      table.walk(chain.keys, blockSize: chain.blockSize, weights: weights, into: &matches)
    }
  }

  /// What a lookup found for a replica, in tokens whose prefill it saves; nil where nothing is known of the replica.
  func savedTokens(_ matches: TokenMatches, on replica: Replica) -> (tokens: Double, isAll: Bool)? {
    let knowledge = knowledge(of: replica)
    guard knowledge != .nothing else { return nil }
    let isEmptying = slots[replica.prefixSlot].isEmptying.load(ordering: .relaxed)
    return (isEmptying ? 0 : matches.savedTokens(slot: replica.prefixSlot), knowledge == .all)
  }

  // MARK: Under the lock

  private func empty(_ id: Int, _ state: inout State, knowledge: Knowledge) {
    guard let slot = state.holdings[id]?.slot else { return }
    slots[slot].isEmptying.store(true, ordering: .sequentiallyConsistent)
    if knowledge == .nothing {
      state.holdings[id]?.forget(in: table)
    } else {
      state.holdings[id]?.trim(to: 0, in: table)
    }
    count(0, slot)
    know(knowledge, slot)
    slots[slot].isEmptying.store(false, ordering: .sequentiallyConsistent)
    settleSizes(state)
  }

  private func noteIncompleteness(of id: Int, _ state: State) {
    guard let holding = state.holdings[id], holding.isIncomplete else { return }
    know(.part, holding.slot)
  }

  private func count(_ blocks: Int, _ slot: Int) { slots[slot].blocks.store(blocks, ordering: .relaxed) }

  private func know(_ knowledge: Knowledge, _ slot: Int) {
    slots[slot].knowledge.store(knowledge.rawValue, ordering: .relaxed)
  }

  /// An engine has one size of blocks; one that tells another began anew with it.
  ///
  /// - Returns: false when there are too many sizes.
  private func takeSize(_ size: Int, of id: Int, _ state: inout State) -> Bool {
    guard let before = state.holdings[id]?.blockSize, before != size else { return true }
    if before != 0 { empty(id, &state, knowledge: .nothing) }
    let known = Self.sizes(sizesWord.load(ordering: .relaxed))
    guard known.contains(size) || known.count < Self.sizeLimit else { return false }
    state.holdings[id]?.begin(blockSize: size, in: table)
    settleSizes(state)
    return true
  }

  private func settleSizes(_ state: State) {
    let sizes = Set(state.holdings.values.map(\.blockSize)).subtracting([0]).sorted().prefix(Self.sizeLimit)
    sizesWord.store(sizes.reversed().reduce(0) { $0 << 16 | UInt64($1) }, ordering: .relaxed)
  }

  private static func sizes(_ word: UInt64) -> [Int] {
    (0..<sizeLimit).map { Int(word >> UInt64(16 * $0) & 0xFFFF) }.filter { $0 != 0 }
  }
}
