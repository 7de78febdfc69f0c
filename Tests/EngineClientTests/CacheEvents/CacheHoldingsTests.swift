import EngineClient
import Synchronization
import Testing

/// What was told, in order.
private final class ChangeLog: Sendable {
  private let entries = Mutex<[CacheHoldings.Change]>([])

  func add(_ change: CacheHoldings.Change) { entries.withLock { $0.append(change) } }
  var all: [CacheHoldings.Change] { entries.withLock { $0 } }
}

@Suite("What engines hold by their events")
struct CacheHoldingsTests {
  private let log = ChangeLog()
  private let holdings: CacheHoldings

  init() {
    let log = log
    holdings = CacheHoldings { replica, change in if replica == 1 { log.add(change) } }
  }

  private func store(_ hashes: [UInt64], on replica: Int = 1, blockSize: Int = 16, medium: CacheMedium = .gpu) {
    holdings.stored(replica: replica, blocks: StoredBlocks(hashes: hashes, blockSize: blockSize, medium: medium))
  }

  @Test("blocks on the GPU are counted for each replica")
  func counting() {
    #expect(holdings.holding(of: 1) == nil)
    store([1, 2, 3])
    store([4], medium: .cpu)
    store([4, 5], on: 2)
    holdings.removed(replica: 1, hashes: [1], medium: .gpu)
    holdings.removed(replica: 1, hashes: [2], medium: .disk)
    #expect(holdings.holding(of: 1) == CacheHoldings.Holding(blocks: 2, blockTokens: 16))
    #expect(holdings.holding(of: 1)?.tokens == 32)
    #expect(holdings.holding(of: 2)?.blocks == 2)
    #expect(log.all == [.stored(.init(blocks: 3, blockTokens: 16))])
  }

  @Test("blocks that were there before the first event are given up without a trace")
  func unknownBlocks() {
    holdings.removed(replica: 1, hashes: [9], medium: .gpu)
    #expect(holdings.holding(of: 1) == nil)
    store([1])
    holdings.removed(replica: 1, hashes: [7, 8, 9], medium: .gpu)
    #expect(holdings.holding(of: 1)?.blocks == 0)
  }

  @Test("an engine that does not say how large its blocks are has no tokens")
  func unknownSize() {
    store([1, 2], blockSize: 0)
    #expect(holdings.holding(of: 1) == CacheHoldings.Holding(blocks: 2))
    #expect(holdings.holding(of: 1)?.tokens == 0)
  }

  @Test(
    "an emptied cache holds nothing, of lost events nothing is known",
    arguments: [(CacheClearing.emptied, true), (.restarted, true), (.lost, false), (.leftAlone, false)])
  func clearing(_ reason: CacheClearing, _ isEmpty: Bool) {
    store([1, 2])
    holdings.cleared(replica: 1, because: reason)
    #expect(holdings.holding(of: 1)?.blocks == (isEmpty ? 0 : nil))
    #expect(log.all.dropFirst() == (isEmpty ? [.emptied] : []))
  }
}
