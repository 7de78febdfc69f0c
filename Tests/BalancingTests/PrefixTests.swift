import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("Prefixes of prompts") struct PrefixTests {
  private func hash(_ text: String, seed: UInt64 = 0) -> UInt64 { BlockHash.hash(text, seed: seed) }

  @Test("XXH64 of known texts")
  func vectors() {
    #expect(hash("") == 0xEF46_DB37_51D8_E999)
    #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
    // A chain as other routers make it: the hash before as eight bytes, then the block.
    var chain: UInt64 = 0
    let blocks = stride(from: 0, to: 28, by: 4).map { Array("Hello World! What a Good Day!".utf8)[$0..<$0 + 4] }
    let hashes = blocks.map { block in
      let bytes = withUnsafeBytes(of: chain.littleEndian) { Array($0) } + block
      chain = bytes.withUnsafeBytes { BlockHash.hash($0, seed: 0) }
      return chain
    }
    #expect(
      hashes == [
        0x1179_73CD_9F87_7A87, 0xE16D_598D_6115_EDC0, 0xE0D4_20DE_FA7F_58EF, 0xE0D4_660F_6091_0A43,
        0x7060_EBB0_E882_F9A8, 0xA09F_ED03_187C_D57B, 0x93A5_4DB4_28C8_9072,
      ])
    let sixteen = [UInt8](repeating: 0, count: 8) + Array("Hello World! Wha".utf8)
    #expect(sixteen.withUnsafeBytes { BlockHash.hash($0, seed: 0) } == 0x03B2_467B_F963_D751)
  }

  @Test("any bit of a block, and of what stands before it, changes half of its hash's bits")
  func blockHash() {
    var generator = SeededGenerator(seed: 11)
    var block = (0..<PromptBlockHash.bytes).map { _ in UInt8.random(in: 32...126, using: &generator) }
    func hash(_ chain: UInt64) -> UInt64 { block.withUnsafeBytes { PromptBlockHash.hash($0, chain: chain) } }
    let before = hash(5)
    var changed = 0
    var seen: Set<UInt64> = [before]
    for bit in 0..<8 * block.count {
      block[bit / 8] ^= 1 << UInt8(bit % 8)
      let after = hash(5)
      changed += (after ^ before).nonzeroBitCount
      seen.insert(after)
      block[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    for bit in 0..<64 { seen.insert(hash(5 ^ 1 << UInt64(bit))) }
    #expect(seen.count == 1 + 8 * block.count + 64)
    #expect(abs(Double(changed) / Double(8 * block.count) - 32) < 0.5)
    // Blocks of one byte only, as padding makes them.
    let uniform = (0...255).map { byte in
      [UInt8](repeating: UInt8(byte), count: block.count).withUnsafeBytes { PromptBlockHash.hash($0, chain: 5) }
    }
    #expect(Set(uniform).count == 256)
  }

  private func blocks(_ pieces: [(PromptBlocks.Piece, String)], seed: UInt64 = 1) -> [UInt64] {
    var prompt = PromptBlocks()
    prompt.begin(seed: seed)
    for (piece, text) in pieces { Array(text.utf8).withUnsafeBytes { prompt.append(piece, $0) } }
    return Array(prompt.hashes)
  }

  @Test("a conversation that grows keeps its blocks; another beginning, role or model has none of them")
  func chained() {
    let system = String(repeating: "You are helpful. ", count: 50)
    let question = String(repeating: "Why? ", count: 200)
    let short = blocks([(.system, system), (.user, question)])
    let long = blocks([(.system, system), (.user, question), (.assistant, question), (.user, "And now?")])
    #expect(short.count == 3)
    #expect(Array(long.prefix(3)) == short)
    #expect(blocks([(.system, "!" + system), (.user, question)]).allSatisfy { !short.contains($0) })
    #expect(blocks([(.user, system), (.user, question)]).allSatisfy { !short.contains($0) })
    #expect(blocks([(.system, system), (.user, question)], seed: 2).allSatisfy { !short.contains($0) })
    // What stands behind a difference differs too.
    let other = blocks([(.system, system), (.user, "?" + question)])
    #expect(other[0] == short[0])
    #expect(other[2] != short[2])
  }

  @Test("pieces fed in parts of any size give the same blocks", arguments: [1, 7, 511, 512, 513, 2_000])
  func parts(size: Int) {
    var generator = SeededGenerator(seed: 5)
    let text = (0..<5_000).map { _ in UInt8.random(in: 32...126, using: &generator) }
    var whole = PromptBlocks()
    whole.begin(seed: 3)
    text.withUnsafeBytes { whole.append(.text, $0) }
    var parts = PromptBlocks()
    parts.begin(seed: 3)
    parts.begin(.text)
    text.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: size) {
        parts.append(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)]))
      }
    }
    #expect(whole.hashes.count == 9)
    #expect(parts.hashes == whole.hashes)
    #expect(parts.byteCount == 5_002)
  }

  @Test("a prompt has at most 4 096 blocks")
  func bounded() {
    var prompt = PromptBlocks()
    prompt.begin(seed: 1)
    let bytes = [UInt8](repeating: 65, count: 1 << 20)
    for _ in 0..<3 { bytes.withUnsafeBytes { prompt.append(.user, $0) } }
    #expect(prompt.hashes.count == 4_096)
    #expect(prompt.byteCount == 3 * ((1 << 20) + 2))
  }

  private func fleet(_ replicas: Int, maximumBlocks: Int = 20_000) throws -> (PrefixIndex, [Replica]) {
    let index = try PrefixIndex(maximumBlocks: maximumBlocks, maximumReplicas: replicas)
    let replicas = (0..<replicas).map { Replica(id: $0, name: "r\($0)", host: "h", port: $0) }
    index.adopt(replicas)
    return (index, replicas)
  }

  private func held(_ index: PrefixIndex, _ prompt: [UInt64], _ matches: inout PrefixMatches, _ replica: Replica) -> Int
  {
    prompt.withUnsafeBufferPointer { index.match($0, into: &matches) }
    return matches.blocks(slot: replica.prefixSlot)
  }

  private func made(_ number: Int, _ count: Int) -> [UInt64] {
    var generator = SeededGenerator(seed: UInt64(number))
    return (0..<count).map { _ in generator.next() }
  }

  @Test("each replica's match is found, of a longer prompt too")
  func match() throws {
    let (index, replicas) = try fleet(3)
    var matches = PrefixMatches(index: index)
    let first = made(1, 20)
    first.withUnsafeBufferPointer { index.insert($0, slot: replicas[0].prefixSlot) }
    Array(first.prefix(8)).withUnsafeBufferPointer { index.insert($0, slot: replicas[1].prefixSlot) }
    let longer = first + made(2, 5)
    #expect(replicas.map { held(index, longer, &matches, $0) } == [20, 8, 0])
    #expect(matches.longest == 20)
    #expect(held(index, made(3, 9), &matches, replicas[0]) == 0)
    #expect(matches.longest == 0)
  }

  @Test("where each replica's part ends is found to the block, one lost entry or not", arguments: [1, 2, 3])
  func ends(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let (index, replicas) = try fleet(6, maximumBlocks: 200_000)
    var matches = PrefixMatches(index: index)
    for number in 0..<200 {
      let count = Int.random(in: 1...70, using: &generator)
      let prompt = made(number, count)
      let ends = replicas.map { _ in Int.random(in: 0...count, using: &generator) }
      for (replica, end) in zip(replicas, ends) {
        prompt[..<end].withUnsafeBufferPointer { index.insert($0, slot: replica.prefixSlot) }
      }
      let longest = ends.max() ?? 0
      // A block that all have lost, but not the last before an end.
      let lost = longest > 3 && Bool.random(using: &generator) ? Int.random(in: 1..<longest - 1, using: &generator) : -1
      if lost >= 0 {
        for replica in replicas { index.blockRemoved(prompt[lost], slot: replica.prefixSlot) }
      }
      for (replica, end) in zip(replicas, ends) {
        let expected = lost >= 0 && end == lost + 1 ? lost : end
        #expect(held(index, prompt, &matches, replica) == expected, "seed \(seed), prompt \(number), lost \(lost)")
      }
      #expect(matches.longest == longest)
    }
  }

  @Test("a replica's cache forgets as a least-recently-used one of its size does", arguments: [1, 2, 3] as [UInt64])
  func leastRecentlyUsed(seed: UInt64) throws {
    let (index, replicas) = try fleet(1)
    let slot = replicas[0].prefixSlot
    index.setCapacity(256, slot: slot)
    var matches = PrefixMatches(index: index)
    var generator = SeededGenerator(seed: seed)
    var model: [UInt64] = []
    var difference = 0
    var total = 0
    for _ in 0..<500 {
      let number = Int.random(in: 0..<40, using: &generator)
      let prompt = made(number, Int.random(in: 1...30, using: &generator))
      var expected = 0
      while expected < prompt.count, model.contains(prompt[expected]) { expected += 1 }
      difference += abs(held(index, prompt, &matches, replicas[0]) - expected)
      total += prompt.count
      prompt.withUnsafeBufferPointer { index.insert($0, slot: slot) }
      for block in prompt.reversed() {
        model.removeAll { $0 == block }
        model.append(block)
      }
      model.removeFirst(max(0, model.count - 256))
      #expect(index.residentBlocks(slot: slot) <= 256)
    }
    #expect(Double(difference) / Double(total) < 0.02, "seed \(seed)")
  }

  @Test("engines that tell their blocks are believed")
  func events() throws {
    let (index, replicas) = try fleet(2)
    let slot = replicas[0].prefixSlot
    var matches = PrefixMatches(index: index)
    index.setFollowsEvents(true, slot: slot)
    let prompt = made(1, 6)
    prompt.withUnsafeBufferPointer { index.insert($0, slot: slot) }
    #expect(held(index, prompt, &matches, replicas[0]) == 0)
    for block in prompt { index.blockStored(block, slot: slot) }
    for block in prompt { index.blockStored(block, slot: replicas[1].prefixSlot) }
    #expect(held(index, prompt, &matches, replicas[0]) == 6)
    index.blockRemoved(prompt[5], slot: slot)
    #expect(held(index, prompt, &matches, replicas[0]) == 5)
    #expect(matches.blocks(slot: replicas[1].prefixSlot) == 6)
    index.clear(slot: slot)
    #expect(held(index, prompt, &matches, replicas[0]) == 0)
    #expect(matches.blocks(slot: replicas[1].prefixSlot) == 6)
  }

  @Test("a removed replica loses its blocks, and its place goes to another")
  func removed() throws {
    let (index, replicas) = try fleet(2)
    var matches = PrefixMatches(index: index)
    let prompt = made(1, 6)
    prompt.withUnsafeBufferPointer { index.insert($0, slot: replicas[0].prefixSlot) }
    let new = Replica(id: 9, name: "new", host: "h", port: 9)
    let extra = Replica(id: 10, name: "extra", host: "h", port: 10)
    #expect(index.adopt([replicas[1], new, extra]) == 1)
    #expect(new.prefixSlot == replicas[0].prefixSlot)
    #expect(extra.prefixSlot == -1)
    #expect(held(index, prompt, &matches, new) == 0)
    #expect(held(index, prompt, &matches, extra) == 0)
  }

  @Test("a block that more replicas hold than are kept is still found on some")
  func holders() throws {
    let (index, replicas) = try fleet(64)
    var matches = PrefixMatches(index: index)
    for replica in replicas { index.blockStored(77, slot: replica.prefixSlot) }
    [77].withUnsafeBufferPointer { index.match($0, into: &matches) }
    let found = replicas.count { matches.blocks(slot: $0.prefixSlot) == 1 }
    #expect(found == PrefixIndex.holdersPerBlock)
  }

  @Test(
    "an index has the size that the documentation states",
    arguments: [(1_000_000, 16_777_216), (10_000_000, 134_217_728)])
  func statedSize(blocks: Int, bytes: Int) throws {
    #expect(try PrefixIndex(maximumBlocks: blocks).tableBytes == bytes)
  }

  @Test("an index that is as full as it may be finds nearly all")
  func full() throws {
    let (index, replicas) = try fleet(8, maximumBlocks: 16_000)
    var matches = PrefixMatches(index: index)
    for (number, replica) in replicas.enumerated() {
      index.setCapacity(2_000, slot: replica.prefixSlot)
      made(number, 2_000).withUnsafeBufferPointer { index.insert($0, slot: replica.prefixSlot) }
    }
    #expect(index.tableBytes == 8 * 32_768)
    for (number, replica) in replicas.enumerated() {
      #expect(held(index, made(number, 2_000), &matches, replica) >= 1_980)
    }
  }

  @Test("threads that write and read at once lose nothing that stays")
  func threads() async throws {
    let (index, replicas) = try fleet(4)
    await withTaskGroup(of: Void.self) { group in
      for (number, replica) in replicas.enumerated() {
        group.addTask {
          var matches = PrefixMatches(index: index)
          for _ in 0..<20 {
            for part in 0..<10 {
              let prompt = made(part, 20) + made(100 + number * 10 + part, 20)
              prompt.withUnsafeBufferPointer { index.insert($0, slot: replica.prefixSlot) }
              prompt.withUnsafeBufferPointer { index.match($0, into: &matches) }
            }
          }
        }
      }
    }
    var matches = PrefixMatches(index: index)
    for (number, replica) in replicas.enumerated() {
      for part in 0..<10 {
        #expect(held(index, made(part, 20) + made(100 + number * 10 + part, 20), &matches, replica) == 40)
      }
    }
  }
}
