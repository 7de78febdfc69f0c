import EngineClient
import FuzzCommand
import MessagePack
import Seeded

/// Messages as engines send them, changed a little.
enum Messages {
  /// Heads that promise much or nothing, and the byte that the format never uses.
  private static let mutator = ByteMutator(
    words: [
      [0xC0], [0xC1], [0x80], [0x90], [0xDB, 0xFF, 0xFF, 0xFF, 0xFF], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
      [0xDF, 0xFF, 0xFF, 0xFF, 0xFF], [0xCF] + Array(repeating: 0xFF, count: 8),
    ], changes: 0...3, partLimit: 8, spliceLimit: 32)

  static func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var writer = MessagePackWriter()
    writer.array(pick(2...3))
    writer.number(Double(pick(0...1_000)))
    let count = pick(0...4)
    writer.array(count)
    for _ in 0..<count {
      let type = ["BlockStored", "BlockRemoved", "AllBlocksCleared", "Other"][pick(0...3)]
      let fields = pick(0...9)
      let isMap = Bool.random(using: &generator)
      if isMap {
        writer.map(1 + fields)
        writer.text("type")
      } else {
        writer.array(1 + fields)
      }
      writer.text(type)
      for field in 0..<fields {
        let names = ["block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id", "medium", "lora_name"]
        if isMap { writer.text(field < names.count ? names[field] : "x\(field)") }
        switch field {
        case 0, 2:
          let count = pick(0...40)
          writer.array(count)
          for _ in 0..<count { writer.unsigned(UInt64(pick(0...100_000))) }
        case 1, 3, 4: writer.integer(Int64(pick(-100...100)))
        case 5, 6: writer.text("GPU")
        default: writer.null()
        }
      }
    }
    if Bool.random(using: &generator) { writer.integer(0) }
    return mutator.changed(writer.bytes, among: [writer.bytes], &generator)
  }

  static func check(_ bytes: [UInt8], _ tally: inout Tally) throws {
    guard let batch = try? CacheEventBatch(bytes) else { return }
    tally.read += 1
    var items = 0
    for event in batch.events {
      switch event {
      case .stored(let blocks):
        items += blocks.hashes.count + blocks.tokens.count
        guard blocks.blocks.count == blocks.hashes.count else { throw Broken("not every hash is a block") }
      case .removed(let hashes, _): items += hashes.count
      case .cleared: break
      }
    }
    guard items + batch.events.count <= bytes.count else { throw Broken("more items than bytes") }
  }
}
