import MessagePack
import Testing

@testable import EngineClient

@Suite("KV events in MessagePack")
struct CacheEventBatchTests {
  private func write(_ work: (inout MessagePackWriter) -> Void) -> [UInt8] {
    var writer = MessagePackWriter()
    work(&writer)
    return writer.bytes
  }

  private func batch(events count: Int, rank: Int64? = nil, _ work: (inout MessagePackWriter) -> Void) throws
    -> CacheEventBatch
  {
    try CacheEventBatch(
      write { writer in
        writer.array(rank == nil ? 2 : 3)
        writer.number(1_700_000_000.5)
        writer.array(count)
        work(&writer)
        if let rank { writer.integer(rank) }
      })
  }

  /// Blocks that begin a prompt: the first of so many fields, up to their tokens.
  private func beginStored(_ hashes: ClosedRange<UInt64>, fields: Int, _ writer: inout MessagePackWriter) {
    writer.array(fields)
    writer.text("BlockStored")
    writer.array(hashes.count)
    for hash in hashes { writer.unsigned(hash) }
    writer.null()
  }

  @Test("blocks that are more than their tokens and their adapter are told apart")
  func extraKeys() throws {
    func foreign(_ keys: (inout MessagePackWriter) -> Void) throws -> Int? {
      let batch = try batch(events: 1) { writer in
        beginStored(1...2, fields: 9, &writer)
        writer.array(2)
        for token in 1...2 as ClosedRange<UInt64> { writer.unsigned(token) }
        writer.unsigned(1)
        writer.unsigned(7)
        writer.text("GPU")
        writer.text("math")
        keys(&writer)
      }
      guard case .stored(let blocks) = batch.events.first else { return -1 }
      return blocks.foreign
    }
    #expect(try foreign { $0.null() } == nil)
    #expect(
      try foreign { writer in
        writer.array(2)
        writer.null()
        writer.array(1)
        writer.text("math")
      } == nil)
    #expect(
      try foreign { writer in
        writer.array(2)
        writer.array(1)
        writer.unsigned(7)
        writer.array(2)
        writer.text("math")
        writer.text("salt")
      } == 1)
    #expect(
      try foreign { writer in
        writer.array(2)
        writer.array(1)
        writer.array(2)
        writer.text("image")
        writer.unsigned(3)
        writer.array(0)
      } == 0)
    #expect(
      try foreign { writer in
        writer.array(2)
        writer.array(1)
        writer.text("another")
        writer.map(1)
        writer.text("a")
        writer.null()
      } == 0)
  }

  @Test("three chained blocks of one event each follow on the one before")
  func chained() throws {
    let batch = try batch(events: 1, rank: 3) { writer in
      writer.array(10)
      writer.text("BlockStored")
      writer.array(3)
      for hash in [11, -1, 13] as [Int64] { writer.integer(hash) }
      writer.unsigned(10)
      writer.array(6)
      for token in 1...6 as ClosedRange<UInt64> { writer.unsigned(token * 1_000) }
      writer.unsigned(2)
      writer.unsigned(7)
      writer.text("GPU")
      writer.text("math")
      writer.null()
      writer.unsigned(0)
    }
    #expect(batch.timestamp == 1_700_000_000.5)
    #expect(batch.dataParallelRank == 3)
    let stored = StoredBlocks(
      hashes: [11, .max, 13], parent: 10, tokens: [1_000, 2_000, 3_000, 4_000, 5_000, 6_000], blockSize: 2,
      adapter: .name("math"))
    #expect(batch.events == [.stored(stored)])
    #expect(stored.blocks.map(\.parent) == [10, 11, .max])
    #expect(stored.blocks.map { Array($0.tokens) } == [[1_000, 2_000], [3_000, 4_000], [5_000, 6_000]])
  }

  @Test("the short form of v0.5.0 has hashes only")
  func short() throws {
    let batch = try batch(events: 2) { writer in
      writer.array(6)
      writer.text("BlockStored")
      writer.array(1)
      writer.unsigned(.max)
      writer.null()
      writer.array(0)
      writer.unsigned(0)
      writer.null()
      writer.array(2)
      writer.text("BlockRemoved")
      writer.array(1)
      writer.unsigned(5)
    }
    #expect(batch.events == [.stored(StoredBlocks(hashes: [.max])), .removed(hashes: [5], medium: .gpu)])
    guard case .stored(let stored) = batch.events[0] else { return }
    #expect(stored.blocks == [StoredBlocks.Block(hash: .max, parent: nil, tokens: [])])
  }

  @Test("hashes of 32 bytes count by their first eight")
  func longHashes() throws {
    let batch = try batch(events: 1) { writer in
      writer.array(3)
      writer.text("BlockRemoved")
      writer.array(1)
      writer.binary([1, 2, 3, 4, 5, 6, 7, 8] + Array(repeating: 0xFF, count: 24))
      writer.text("CPU")
    }
    #expect(batch.events == [.removed(hashes: [0x0102_0304_0506_0708], medium: .cpu)])
  }

  @Test("maps are read like arrays")
  func maps() throws {
    let batch = try CacheEventBatch(
      write { writer in
        writer.map(3)
        writer.text("ts")
        writer.unsigned(5)
        writer.text("events")
        writer.array(2)
        writer.map(5)
        writer.text("block_hashes")
        writer.array(1)
        writer.unsigned(9)
        writer.text("type")
        writer.text("BlockStored")
        writer.text("lora_id")
        writer.unsigned(4)
        writer.text("extra")
        writer.map(1)
        writer.text("deep")
        writer.array(1)
        writer.array(0)
        writer.text("medium")
        writer.text("DISK")
        writer.map(1)
        writer.text("type")
        writer.text("AllBlocksCleared")
        writer.text("data_parallel_rank")
        writer.null()
      })
    #expect(batch.timestamp == 5)
    #expect(
      batch.events == [.stored(StoredBlocks(hashes: [9], adapter: .number(4), medium: .disk)), .cleared])
    #expect(batch.dataParallelRank == nil)
  }

  @Test("events of an unknown form are counted and passed over")
  func unknown() throws {
    let batch = try batch(events: 2) { writer in
      writer.array(3)
      writer.text("BlockMoved")
      writer.array(1)
      writer.map(1)
      writer.unsigned(1)
      writer.text("x")
      writer.null()
      writer.array(1)
      writer.text("AllBlocksCleared")
    }
    #expect(batch.events == [.cleared])
    #expect(batch.unknownEvents == 1)
  }

  @Test(
    "what is no batch is refused",
    arguments: [
      [], [0xC0], [0x90], [0x91, 0x00], [0x92, 0xC0, 0x90], [0x92, 0x00, 0xC0], [0x92, 0x00, 0x91, 0x90],
      [0x92, 0x00, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0x92, 0x00, 0x91, 0x91, 0x01], [0xC1], [0x80],
      [0x81, 0xA2, 0x74, 0x73, 0x00],
    ] as [[UInt8]])
  func refused(_ bytes: [UInt8]) {
    #expect(throws: CacheEventBatch.Failure.self) { try CacheEventBatch(bytes) }
  }

  @Test(
    "a size of blocks that no engine has is as good as not said",
    arguments: [16: 16, 1 << 20: 1 << 20, 1 << 20 + 1: 0, Int64.max: 0, 0: 0, -1: 0] as [Int64: Int])
  func blockSizes(told: Int64, taken: Int) throws {
    let batch = try batch(events: 1) { writer in
      beginStored(1...3, fields: 8, &writer)
      writer.array(0)
      writer.integer(told)
      writer.null()
      writer.text("GPU")
      writer.null()
    }
    guard case .stored(let blocks) = batch.events.first else { throw CancellationError() }
    #expect(blocks.blockSize == taken)
    #expect(blocks.blocks.map(\.hash) == [1, 2, 3])
  }

  @Test("a hash of seven bytes is none")
  func shortHash() {
    #expect(throws: CacheEventBatch.Failure.self) {
      try batch(events: 1) { writer in
        writer.array(2)
        writer.text("BlockRemoved")
        writer.array(1)
        writer.binary(Array(repeating: 1, count: 7))
      }
    }
  }
}
