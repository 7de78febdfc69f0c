import Balancing
import Fleet
import Testing

@testable import EngineClient

/// KV events from the order in which they come to what is gone by.
@Suite("What KV events tell of prompts") struct TokenResidencyTests {
  private let replicas: [Replica]
  private let index: TokenBlockIndex
  private let prompt = Array(UInt32(1)...UInt32(12))

  init() throws {
    replicas = (0..<2).map { Replica(id: $0, name: "replica-\($0)", host: "10.0.0.\($0)", port: 8000) }
    let prefixes = try PrefixIndex(maximumBlocks: 100, maximumReplicas: 4)
    prefixes.adopt(replicas)
    index = try TokenBlockIndex(maximumBlocks: 1_000, maximumReplicas: 4)
    index.follow(replicas)
  }

  private func batch(_ number: UInt64, life: Double = 0, _ events: CacheEvent...) -> CacheEventBatch {
    CacheEventBatch(timestamp: life * 1_000 + Double(number), events: events)
  }

  /// Blocks of four tokens of the prompt.
  private func stored(_ blocks: Range<Int>, medium: CacheMedium = .gpu, hash: UInt64 = 100) -> CacheEvent {
    .stored(
      StoredBlocks(
        hashes: blocks.map { hash + UInt64($0) },
        parent: blocks.lowerBound > 0 ? hash + UInt64(blocks.lowerBound - 1) : nil,
        tokens: Array(prompt[(4 * blocks.lowerBound)..<(4 * blocks.upperBound)]), blockSize: 4, medium: medium))
  }

  private func carryOut(_ actions: [CacheEventStream.Action], on replica: Int) {
    for action in actions {
      switch action {
      case .apply(let batch):
        for event in batch.events {
          switch event {
          case .stored(let blocks): index.stored(replica: replica, blocks: blocks)
          case .removed(let hashes, let medium): index.removed(replica: replica, hashes: hashes, medium: medium)
          case .cleared: index.cleared(replica: replica, because: .emptied)
          }
        }
      case .clear(.restarted): index.cleared(replica: replica, because: .restarted)
      case .clear(.lost): index.cleared(replica: replica, because: .lost)
      case .clear(.joinedLate): index.cleared(replica: replica, because: .joinedLate)
      case .replay: break
      }
    }
  }

  private func held() -> [Int] {
    var matches = TokenMatches(index: index)
    index.match(index.chains(of: prompt, adapter: nil), weights: TierWeights(), into: &matches)
    return replicas.map { matches.tokens(slot: $0.prefixSlot) }
  }

  @Test("three chained blocks of one event are held; what one replica removes the other keeps")
  func chainedAndRemoved() {
    var streams = [CacheEventStream(), CacheEventStream()]
    for replica in 0..<2 { carryOut(streams[replica].received(0, batch(0, stored(0..<3))), on: replica) }
    #expect(held() == [12, 12])
    carryOut(streams[0].received(1, batch(1, .removed(hashes: [101], medium: .gpu))), on: 0)
    #expect(held() == [4, 12])
    carryOut(streams[1].received(1, batch(1, .cleared)), on: 1)
    #expect(held() == [4, 0])
    #expect(index.knowledge(of: replicas[1]) == .all)
  }

  @Test("a gap that a replay fills leaves nothing out; one that it does not fill makes a part of what is held unknown")
  func gaps() {
    var stream = CacheEventStream()
    carryOut(stream.received(0, batch(0, stored(0..<1))), on: 0)
    carryOut(stream.received(2, batch(2, stored(2..<3))), on: 0)
    #expect(held() == [4, 0])
    carryOut(stream.replayed(0, batch(0, stored(0..<1))), on: 0)
    carryOut(stream.replayed(1, batch(1, stored(1..<2))), on: 0)
    carryOut(stream.replayed(2, batch(2, stored(2..<3))), on: 0)
    carryOut(stream.replayEnded(), on: 0)
    #expect(held() == [12, 0])
    #expect(index.knowledge(of: replicas[0]) == .all)
    carryOut(stream.received(9, batch(9, stored(0..<1))), on: 0)
    carryOut(stream.replayEnded(), on: 0)
    #expect(held() == [4, 0])
    #expect(index.knowledge(of: replicas[0]) == .part)
  }

  @Test("an engine that began anew holds what it has told since, and all of that is known")
  func restarted() {
    var stream = CacheEventStream()
    carryOut(stream.received(0, batch(0, stored(0..<3))), on: 0)
    carryOut(stream.received(0, batch(0, life: 1, stored(0..<1, hash: 500))), on: 0)
    #expect(held() == [4, 0])
    #expect(index.knowledge(of: replicas[0]) == .all)
  }

  @Test("who is listened to late holds perhaps more than it tells")
  func late() {
    var stream = CacheEventStream()
    carryOut(stream.received(6, batch(6, stored(1..<2))), on: 0)
    carryOut(stream.replayed(5, batch(5, stored(0..<1))), on: 0)
    carryOut(stream.replayed(6, batch(6, stored(1..<2))), on: 0)
    #expect(held() == [8, 0])
    #expect(index.knowledge(of: replicas[0]) == .part)
  }

  @Test("media are tiers; adapters known by number and media of other names match nothing")
  func media() {
    var stream = CacheEventStream()
    carryOut(stream.received(0, batch(0, stored(0..<3, medium: .cpu))), on: 0)
    carryOut(stream.received(1, batch(1, .removed(hashes: [100, 101, 102], medium: .gpu))), on: 0)
    #expect(held() == [12, 0])
    carryOut(stream.received(2, batch(2, .removed(hashes: [100], medium: .cpu))), on: 0)
    carryOut(stream.received(3, batch(3, stored(0..<1, medium: .other("tape")))), on: 0)
    #expect(held() == [0, 0])
    var numbered = StoredBlocks(hashes: [9], tokens: Array(prompt.prefix(4)), blockSize: 4)
    numbered.adapter = .number(3)
    carryOut(stream.received(4, batch(4, .stored(numbered))), on: 0)
    #expect(held() == [0, 0])
  }
}
