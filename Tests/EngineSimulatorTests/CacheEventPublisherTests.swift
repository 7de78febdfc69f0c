import MessagePack
import Testing
import ZeroMQ

@testable import EngineSimulator

@Suite("Published cache events")
struct CacheEventPublisherTests {
  private func options(_ arguments: String...) throws -> EngineSimulatorOptions {
    try EngineSimulatorOptions(
      arguments: ["--model", "demo", "--port", "8000", "--enable-kvcache"] + arguments, environment: [:],
      readFile: { _ in "" })
  }

  @Test("new blocks next to each other make one event of the latest generation, each its own of v0.5.0")
  func runs() {
    let changes = [2, 3, 5].map { BlockCache.Change.stored($0) } + [.removed(9)]
    let tokens = (0..<10).map { UInt32($0) }
    let latest = CacheEvent.events(
      of: changes, chain: [1, 2, 3, 4, 5], tokens: tokens, blockSize: 2, adapter: "a", compatibility: .latest)
    #expect(
      latest == [
        .stored(hashes: [2, 3], parent: 1, tokens: [2, 3, 4, 5], adapter: "a"),
        .stored(hashes: [5], parent: 4, tokens: [8, 9], adapter: "a"), .removed([9]),
      ])
    let old = CacheEvent.events(
      of: changes, chain: [1, 2, 3, 4, 5], tokens: tokens, blockSize: 2, adapter: nil, compatibility: .v050)
    #expect(old.count == 4)
    #expect(old[0] == .stored(hashes: [2], parent: 1, tokens: [2, 3], adapter: nil))
  }

  @Test("the cache tells what came and went")
  func changes() throws {
    var cache = BlockCache(capacity: 3)
    _ = try cache.start([1, 2], model: "m")
    #expect(cache.takeChanges() == [.stored(1), .stored(2)])
    cache.finish([1, 2])
    _ = try cache.start([1, 3, 4], model: "m")
    #expect(cache.takeChanges() == [.stored(3), .stored(4), .removed(2)])
    cache.clear()
    #expect(cache.takeChanges() == [.cleared])
    #expect(cache.takeChanges().isEmpty)
  }

  @Test("messages are full, or what waits; the last are kept")
  func batches() throws {
    var log = CacheEventLog(try options("--event-batch-size", "2", "--kv-events-replay-queue-size", "3"), rank: 0)
    #expect(log.flush(now: 0) == nil)
    #expect(log.add([.cleared], now: 1).isEmpty)
    #expect(log.add([.cleared, .cleared], now: 1).map(\.number) == [0])
    #expect(log.flush(now: 1)?.number == 1)
    for _ in 0..<9 { _ = log.add([.cleared, .cleared], now: 1) }
    #expect(log.messages(from: 8).map(\.number) == [8, 9, 10])
    #expect(log.messages(from: 0).map(\.number) == [8, 9, 10])
    #expect(log.messages(from: 11).isEmpty)
  }

  @Test("the hashes of both generations are those of their definitions")
  func hashes() {
    // Computed by another program from the definitions, with its own CBOR, SHA-256 and FNV.
    let tokens: [UInt32] = [1, 300, 70_000, .max]
    let old = BlockHashes.root(seed: "", model: "x", compatibility: .v050)
    #expect(old == 780_114_917_913_990_099)
    #expect(
      BlockHashes.chain(root: old, tokens: tokens, blockSize: 2, compatibility: .v050)
        == [18_386_966_301_380_201_174, 2_353_589_704_299_359_047])
    let latest = BlockHashes.root(seed: "", model: "x")
    #expect(latest == 11_374_749_839_884_507_971)
    #expect(
      BlockHashes.chain(root: latest, tokens: tokens, blockSize: 2)
        == [246_725_858_838_309_642, 7_846_957_252_202_054_327])
  }

  @Test("an endpoint's port is higher by the rank")
  func ranks() {
    #expect(CacheEventSettings.endpoint("tcp://h:5557", rank: 0) == "tcp://h:5557")
    #expect(CacheEventSettings.endpoint("tcp://h:5557", rank: 3) == "tcp://h:5560")
    #expect(CacheEventSettings.endpoint("tcp://h:65535", rank: 1) == nil)
  }
}
