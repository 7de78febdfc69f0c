import Testing

@testable import EngineSimulator

@Suite("KV cache")
struct BlockCacheTests {
  @Test("a prefix that was there is hit, in use or kept")
  func hits() throws {
    var cache = BlockCache(capacity: 8)
    #expect(try cache.start([1, 2, 3], model: "m") == 0)
    #expect(cache.usage == 0.375)
    #expect(try cache.start([1, 2, 9], model: "m") == 2)
    #expect(cache.usedCount == 4)
    cache.finish([1, 2, 3])
    cache.finish([1, 2, 9])
    #expect(cache.usage == 0)
    #expect(cache.count == 4)
    #expect(try cache.start([1, 2, 3, 4], model: "m") == 3)
  }

  @Test("the blocks used longest ago make room, a prompt's end before its beginning")
  func eviction() throws {
    var cache = BlockCache(capacity: 4)
    _ = try cache.start([1, 2], model: "m")
    cache.finish([1, 2])
    _ = try cache.start([3, 4], model: "m")
    cache.finish([3, 4])
    _ = try cache.start([5], model: "m")
    #expect(cache.hits([1, 2]) == 1)
    #expect(cache.hits([3, 4]) == 2)
    #expect(cache.count == 4)
  }

  @Test("blocks of an unloaded adapter make room first")
  func retirement() throws {
    var cache = BlockCache(capacity: 4)
    _ = try cache.start([1, 2], model: "base")
    cache.finish([1, 2])
    _ = try cache.start([3, 4], model: "adapter")
    cache.finish([3, 4])
    cache.retire(model: "adapter")
    _ = try cache.start([5, 6], model: "base")
    #expect(cache.hits([1, 2]) == 2)
    #expect(cache.hits([3]) == 0)
  }

  @Test("running requests that need more than there is are refused and change nothing")
  func capacity() throws {
    var cache = BlockCache(capacity: 3)
    _ = try cache.start([1, 2], model: "m")
    #expect(throws: BlockCache.CapacityExceeded.self) { try cache.start([1, 3, 4], model: "m") }
    #expect(cache.usedCount == 2)
    #expect(try cache.start([1, 3], model: "m") == 1)
  }

  @Test("clearing forgets what is kept, not what is in use")
  func clearing() throws {
    var cache = BlockCache(capacity: 4)
    _ = try cache.start([1], model: "m")
    _ = try cache.start([2], model: "m")
    cache.finish([2])
    cache.clear()
    #expect(cache.hits([1]) == 1)
    #expect(cache.hits([2]) == 0)
  }

  @Test("under random requests the cache never exceeds its capacity and is empty of use at the end")
  func invariants() {
    let seed: UInt64 = 5
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var cache = BlockCache(capacity: 32)
    var running: [[UInt64]] = []
    for _ in 0..<3000 {
      let family = UInt64(random.integer(in: 0...9)) * 100
      let blocks = (0..<UInt64(random.integer(in: 1...9))).map { family + $0 }
      if (try? cache.start(blocks, model: "m")) != nil { running.append(blocks) }
      if running.count > 4 { cache.finish(running.remove(at: random.integer(in: 0...(running.count - 1)))) }
      #expect(cache.count <= 32)
    }
    for blocks in running { cache.finish(blocks) }
    #expect(cache.usedCount == 0)
  }

  @Test("block names chain: equal only while everything before is equal")
  func chain() {
    let root = BlockHashes.root(seed: "", model: "m")
    let tokens = (0..<40).map(UInt32.init)
    let first = BlockHashes.chain(root: root, tokens: tokens, blockSize: 16)
    #expect(first.count == 2)
    var changed = tokens
    changed[20] = 999
    let second = BlockHashes.chain(root: root, tokens: changed, blockSize: 16)
    #expect(second[0] == first[0])
    #expect(second[1] != first[1])
    #expect(
      BlockHashes.chain(root: BlockHashes.root(seed: "1", model: "m"), tokens: tokens, blockSize: 16)[0] != first[0])
    #expect(
      BlockHashes.chain(root: BlockHashes.root(seed: "", model: "n"), tokens: tokens, blockSize: 16)[0] != first[0])
  }
}
