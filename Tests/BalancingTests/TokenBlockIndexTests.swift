import Fleet
import Seeded
import Testing

@testable import Balancing

/// A few replicas and an index of their blocks of tokens.
private struct ResidencyFixture {
  let replicas: [Replica]
  let prefixes: PrefixIndex
  let index: TokenBlockIndex
  var matches: TokenMatches

  init(_ count: Int, maximumBlocks: Int = 10_000) throws {
    replicas = (0..<count).map { Replica(id: 10 + $0, name: "replica-\($0)", host: "10.0.0.\($0)", port: 8000) }
    prefixes = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 16)
    prefixes.adopt(replicas)
    index = try TokenBlockIndex(maximumBlocks: maximumBlocks, maximumReplicas: 16)
    index.follow(replicas)
    matches = TokenMatches(index: index)
  }

  /// Stores a prompt's blocks on a replica, behind the first `from` of them, under hashes that tell the replica and the block.
  func store(_ tokens: [UInt32], on replica: Int, from: Int = 0, size: Int = 4, tier: CacheTier = .gpu) {
    let hashes = hashes(tokens, on: replica, size: size)
    index.stored(
      replica: 10 + replica, hashes: Array(hashes[from...]), parent: from > 0 ? hashes[from - 1] : nil,
      tokens: Array(tokens[(from * size)..<(hashes.count * size)]), blockSize: size, tier: tier)
  }

  /// As an engine might make them.
  func hashes(_ tokens: [UInt32], on replica: Int, size: Int = 4) -> [UInt64] {
    var hash = UInt64(replica + 1) &* 0x9E37_79B9_7F4A_7C15
    return stride(from: 0, through: tokens.count - size, by: size).map { start in
      for token in tokens[start..<start + size] { hash = (hash ^ UInt64(token)) &* 0x0000_0100_0000_01B3 }
      return hash
    }
  }

  /// Tokens of the prompt that each replica holds.
  mutating func held(_ tokens: [UInt32], adapter: String? = nil) -> [Int] {
    index.match(index.chains(of: tokens, adapter: adapter), weights: TierWeights(), into: &matches)
    return replicas.map { matches.tokens(slot: $0.prefixSlot) }
  }

  mutating func saved(_ tokens: [UInt32], weights: TierWeights = TierWeights()) -> [Double] {
    index.match(index.chains(of: tokens, adapter: nil), weights: weights, into: &matches)
    return replicas.map { matches.savedTokens(slot: $0.prefixSlot) }
  }
}

@Suite("What engines tell of their blocks") struct TokenBlockIndexTests {
  private let prompt = Array(UInt32(100)..<UInt32(116))

  @Test("blocks that follow on one another in one event are each a block of the prompt")
  func chained() throws {
    var fixture = try ResidencyFixture(2)
    fixture.store(prompt, on: 0)
    #expect(fixture.held(prompt) == [16, 0])
    #expect(fixture.held(Array(prompt.prefix(11))) == [8, 0])
    #expect(fixture.held(prompt + [1, 2, 3, 4]) == [16, 0])
    var other = prompt
    other[5] = 7
    #expect(fixture.held(other) == [4, 0])
    #expect(fixture.held(Array(prompt.dropFirst(4))) == [0, 0])
  }

  @Test("blocks of a later event go on from their parent")
  func parent() throws {
    var fixture = try ResidencyFixture(1)
    fixture.store(Array(prompt.prefix(8)), on: 0)
    fixture.store(prompt, on: 0, from: 2)
    #expect(fixture.held(prompt) == [16])
    #expect(fixture.index.knowledge(of: fixture.replicas[0]) == .all)
  }

  @Test("blocks whose parent is not known match nothing, and say that the replica holds more than it told")
  func unknownParent() throws {
    var fixture = try ResidencyFixture(1)
    fixture.store(prompt, on: 0, from: 1)
    #expect(fixture.held(prompt) == [0])
    #expect(fixture.index.blocks(of: fixture.replicas[0]) == 0)
    #expect(fixture.index.knowledge(of: fixture.replicas[0]) == .part)
  }

  @Test("what one replica gives up the others keep")
  func removal() throws {
    var fixture = try ResidencyFixture(3)
    for replica in 0..<3 { fixture.store(prompt, on: replica) }
    fixture.index.removed(replica: 11, hashes: [fixture.hashes(prompt, on: 1)[1]])
    #expect(fixture.held(prompt) == [16, 4, 16])
    fixture.store(Array(prompt.prefix(8)), on: 1)
    #expect(fixture.held(prompt) == [16, 16, 16])
    fixture.index.removed(replica: 11, hashes: fixture.hashes(prompt, on: 1))
    #expect(fixture.held(prompt) == [16, 0, 16])
    #expect(fixture.replicas.map { fixture.index.blocks(of: $0) } == [4, 0, 4])
  }

  @Test("a cache that was emptied holds nothing, and that is known; one whose events are lost may hold more")
  func cleared() throws {
    var fixture = try ResidencyFixture(2)
    for replica in 0..<2 { fixture.store(prompt, on: replica) }
    fixture.index.cleared(replica: 10, knowledge: .all)
    fixture.index.cleared(replica: 11, knowledge: .part)
    #expect(fixture.held(prompt) == [0, 0])
    #expect(fixture.replicas.map { fixture.index.knowledge(of: $0) } == [.all, .part])
    fixture.store(prompt, on: 0)
    fixture.store(prompt, on: 1)
    #expect(fixture.held(prompt) == [16, 16])
    fixture.index.cleared(replica: 11, knowledge: .nothing)
    #expect(fixture.index.knowledge(of: fixture.replicas[1]) == .nothing)
    #expect(fixture.index.isInUse)
    fixture.index.cleared(replica: 10, knowledge: .nothing)
    #expect(!fixture.index.isInUse)
  }

  @Test("an adapter's blocks are its own, and so are those that are more than their tokens")
  func roots() throws {
    var fixture = try ResidencyFixture(1)
    fixture.index.stored(replica: 10, hashes: [1], tokens: Array(prompt.prefix(4)), blockSize: 4, adapter: "sql")
    #expect(fixture.held(prompt) == [0])
    #expect(fixture.held(prompt, adapter: "sql") == [4])
    #expect(fixture.held(prompt, adapter: "math") == [0])
    fixture.index.stored(
      replica: 10, hashes: [2, 3, 4], tokens: Array(prompt.prefix(12)), blockSize: 4, foreign: 1)
    fixture.index.stored(replica: 10, hashes: [5], parent: 4, tokens: Array(prompt[12..<16]), blockSize: 4)
    #expect(fixture.held(prompt) == [4])
    #expect(fixture.index.knowledge(of: fixture.replicas[0]) == .all)
  }

  @Test("a token on a slower tier saves a part of its prefill; the quickest tier that has it counts")
  func tiers() throws {
    var fixture = try ResidencyFixture(1)
    let hashes = fixture.hashes(prompt, on: 0)
    fixture.store(prompt, on: 0)
    // Engines tell of copies without their tokens.
    fixture.index.stored(replica: 10, hashes: Array(hashes[1...]), tokens: [], blockSize: 0, tier: .cpu)
    fixture.index.stored(replica: 10, hashes: [hashes[3], 999], tokens: [], blockSize: 0, tier: .disk)
    #expect(fixture.saved(prompt) == [16])
    fixture.index.removed(replica: 10, hashes: Array(hashes[1...]), tier: .gpu)
    #expect(fixture.held(prompt) == [16])
    #expect(abs(fixture.saved(prompt)[0] - (4 + 0.8 * 12)) < 0.001)
    fixture.index.removed(replica: 10, hashes: [hashes[3]], tier: .cpu)
    #expect(abs(fixture.saved(prompt)[0] - (4 + 0.8 * 8 + 0.5 * 4)) < 0.001)
    #expect(fixture.saved(prompt, weights: TierWeights(cpu: 0, disk: 1))[0] == 8)
    fixture.index.removed(replica: 10, hashes: [hashes[3]], tier: .disk)
    #expect(fixture.held(prompt) == [12])
    #expect(fixture.index.blocks(of: fixture.replicas[0]) == 3)
  }

  @Test("engines with blocks of another size stand beside them; one that changes its size begins anew")
  func sizes() throws {
    var fixture = try ResidencyFixture(2)
    fixture.store(prompt, on: 0)
    let before = fixture.index.chains(of: prompt, adapter: nil)
    fixture.store(prompt, on: 1, size: 8)
    #expect(!fixture.index.isCurrent(before))
    #expect(fixture.held(Array(prompt.prefix(15))) == [12, 8])
    fixture.store(prompt, on: 0, size: 8)
    #expect(fixture.held(Array(prompt.prefix(15))) == [8, 8])
    #expect(fixture.index.blocks(of: fixture.replicas[0]) == 2)
  }

  @Test("more sizes than are told apart are passed over")
  func manySizes() throws {
    var fixture = try ResidencyFixture(5)
    for replica in 0..<5 { fixture.store(prompt, on: replica, size: replica + 1) }
    #expect(fixture.held(prompt) == [16, 16, 15, 16, 0])
    #expect(fixture.index.knowledge(of: fixture.replicas[4]) == .nothing)
    // One that began anew with a size too many is not thought to be empty.
    fixture.store(prompt, on: 4, size: 1)
    #expect(fixture.held(prompt) == [16, 16, 15, 16, 16])
    fixture.store(prompt, on: 4, size: 5)
    #expect(fixture.held(prompt) == [16, 16, 15, 16, 0])
    #expect(fixture.index.knowledge(of: fixture.replicas[4]) == .nothing)
    #expect(fixture.index.blocks(of: fixture.replicas[4]) == nil)
  }

  @Test("each replica keeps its share of the blocks, and gives up those that it told of longest ago")
  func bound() throws {
    var fixture = try ResidencyFixture(2, maximumBlocks: 64)
    let prompts = (0..<20).map { number in (0..<8).map { UInt32(1_000 * number + $0) } }
    for prompt in prompts { fixture.store(prompt, on: 0) }
    fixture.store(prompt, on: 1)
    #expect(fixture.index.blocks(of: fixture.replicas[0]) == 32)
    // It may hold what there was no room for.
    #expect(fixture.index.knowledge(of: fixture.replicas[0]) == .part)
    #expect(fixture.index.knowledge(of: fixture.replicas[1]) == .all)
    #expect(fixture.held(prompts[3]) == [0, 0])
    #expect(fixture.held(prompts[4]) == [8, 0])
    #expect(fixture.held(prompt) == [0, 16])
    // Told of again, it is not the oldest any more.
    fixture.store(prompts[4], on: 0)
    fixture.store(prompts[0], on: 0)
    #expect(fixture.held(prompts[4]) == [8, 0])
    #expect(fixture.held(prompts[5]) == [0, 0])
    // Fewer replicas share it.
    fixture.index.follow([fixture.replicas[0]])
    for prompt in prompts { fixture.store(prompt, on: 0) }
    #expect(fixture.index.blocks(of: fixture.replicas[0]) == 40)
    #expect(fixture.held(prompt) == [0, 0])
    fixture.index.cleared(replica: fixture.replicas[0].id, knowledge: .all)
    #expect(fixture.index.knowledge(of: fixture.replicas[0]) == .all)
  }

  @Test("more replicas than one entry has bits for are told apart")
  func manyReplicas() throws {
    let replicas = (0..<200).map { Replica(id: $0, name: "replica-\($0)", host: "10.0.0.\($0)", port: 8000) }
    let prefixes = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 256)
    prefixes.adopt(replicas)
    let index = try TokenBlockIndex(maximumBlocks: 10_000, maximumReplicas: 256)
    index.follow(replicas)
    for id in stride(from: 0, to: 200, by: 7) {
      index.stored(replica: id, hashes: [1, 2], tokens: Array(prompt.prefix(8)), blockSize: 4)
    }
    index.removed(replica: 70, hashes: [2])
    var matches = TokenMatches(index: index)
    index.match(index.chains(of: prompt, adapter: nil), weights: TierWeights(), into: &matches)
    for replica in replicas {
      let expected = replica.id == 70 ? 4 : replica.id % 7 == 0 ? 8 : 0
      #expect(matches.tokens(slot: replica.prefixSlot) == expected)
    }
  }

  @Test("replicas that are not followed are not listened to, and a slot's next replica has none of its blocks")
  func followed() throws {
    var fixture = try ResidencyFixture(2)
    fixture.store(prompt, on: 0)
    fixture.index.stored(replica: 99, hashes: [1], tokens: Array(prompt.prefix(4)), blockSize: 4)
    let new = Replica(id: 50, name: "new", host: "10.0.0.50", port: 8000)
    new.prefixSlot = fixture.replicas[0].prefixSlot
    // The slot is still that of the replica before.
    #expect(fixture.index.knowledge(of: new) == .nothing)
    fixture.index.follow([fixture.replicas[1], new])
    #expect(fixture.index.knowledge(of: new) == .nothing)
    #expect(fixture.held(prompt) == [0, 0])
    fixture.index.stored(replica: 10, hashes: [1], tokens: Array(prompt.prefix(4)), blockSize: 4)
    #expect(fixture.held(prompt) == [0, 0])
  }

  @Test("it says what a naive model says, whatever engines tell", arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var fixture = try ResidencyFixture(4, maximumBlocks: 4_000)
    /// By replica, what it holds: the tokens up to the end of a block, and on which tiers.
    var naive = [[[UInt32]: Set<CacheTier>]](repeating: [:], count: 4)
    func prompt() -> [UInt32] {
      // Few tokens, so that prompts share their beginnings.
      (0..<(4 * Int.random(in: 1...6, using: &random))).map { _ in UInt32.random(in: 0...1, using: &random) }
    }
    func prefixes(_ tokens: [UInt32]) -> [[UInt32]] {
      stride(from: 4, through: tokens.count, by: 4).map { Array(tokens.prefix($0)) }
    }
    for _ in 0..<2_000 {
      let replica = Int.random(in: 0..<4, using: &random)
      let tokens = prompt()
      let prefixes = prefixes(tokens)
      let hashes = fixture.hashes(tokens, on: replica)
      let tier = CacheTier.allCases[Int.random(in: 0..<3, using: &random)]
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<9:
        let from = Int.random(in: 0..<prefixes.count, using: &random)
        fixture.store(tokens, on: replica, from: from, tier: tier)
        guard from == 0 || naive[replica][prefixes[from - 1]] != nil else { break }
        for prefix in prefixes[from...] { naive[replica][prefix, default: []].insert(tier) }
      case 9..<18:
        let gone = Int.random(in: 0..<prefixes.count, using: &random)
        fixture.index.removed(replica: 10 + replica, hashes: [hashes[gone]], tier: tier)
        naive[replica][prefixes[gone]]?.remove(tier)
        if naive[replica][prefixes[gone]]?.isEmpty ?? false { naive[replica][prefixes[gone]] = nil }
      case 18:
        fixture.index.stored(replica: 10 + replica, hashes: hashes, tokens: [], blockSize: 0, tier: tier)
        for prefix in prefixes where naive[replica][prefix] != nil { naive[replica][prefix]?.insert(tier) }
      default:
        guard Int.random(in: 0..<10, using: &random) == 0 else { break }
        fixture.index.cleared(replica: 10 + replica, knowledge: .all)
        naive[replica] = [:]
      }
      let asked = prompt()
      let saved = fixture.saved(asked)
      for replica in 0..<4 {
        let held = stride(from: 4, through: asked.count, by: 4).map { naive[replica][Array(asked.prefix($0))] }
        let expected = held.prefix { $0 != nil }.reduce(0.0) { sum, tiers in
          sum + 4 * (tiers?.contains(.gpu) == true ? 1 : tiers?.contains(.cpu) == true ? 0.8 : 0.5)
        }
        try #require(abs(saved[replica] - expected) < 0.001)
        #expect(fixture.index.blocks(of: fixture.replicas[replica]) ?? 0 == naive[replica].count)
      }
    }
  }
}

@Suite("Choices by what engines tell") struct ResidencyChoiceTests {
  private let prompt = (0..<1_024).map { UInt32($0) }

  private struct Fleet {
    let placements: [Placement]
    let balancer: ModelBalancer
    let tokens: TokenBlockIndex
    var matches: PrefixMatches
    var random = SeededGenerator(seed: 7)

    init(_ count: Int) throws {
      placements = (0..<count).map { id in
        Placement(replica: Replica(id: id, name: "replica-\(id)", host: "10.0.0.\(id)", port: 8000), upstreamModel: "m")
      }
      let index = try PrefixIndex(maximumBlocks: 10_000, maximumReplicas: count)
      index.adopt(placements.map(\.replica))
      tokens = try TokenBlockIndex(maximumBlocks: 10_000, maximumReplicas: count)
      tokens.follow(placements.map(\.replica))
      balancer = ModelBalancer(index: index, tokens: tokens)
      matches = PrefixMatches(index: index)
    }

    func store(_ tokens: [UInt32], on replica: Int, tier: CacheTier = .gpu) {
      self.tokens.stored(
        replica: replica, hashes: (0..<UInt64(tokens.count / 16)).map { $0 + 1 }, tokens: tokens, blockSize: 16,
        tier: tier)
    }

    mutating func pick(
      _ strategy: String, _ tokens: [UInt32], blocks: [UInt64] = [], _ residency: PromptResidency? = nil
    ) throws -> ReplicaChoice {
      let residency = residency ?? .events(self.tokens.chains(of: tokens, adapter: nil), TierWeights())
      let strategy = try RoutingStrategy(parsing: strategy)
      return blocks.withUnsafeBufferPointer { blocks in
        balancer.pick(
          among: placements, for: balancer.request(blocks: blocks, promptBytes: 4_096, now: 1_000), by: strategy,
          residency: residency, excluding: ReplicaSet(), matches: &matches, random: &random)
      }
    }

    func end(_ choice: ReplicaChoice) {
      guard let index = choice.index else { return }
      var ticket = choice.ticket
      placements[index].replica.load.end()
      balancer.ended(&ticket, on: placements[index].replica, facts: AnswerFacts(), promptBytes: 0, now: 1_000)
    }
  }

  @Test(
    "strategies that go by prefixes go by what engines tell",
    arguments: ["least-ttft", "sticky", "prefix-cache", "prefix-cache-preble", "prefix-cache:2,least-request:1"])
  func strategies(name: String) throws {
    var fleet = try Fleet(3)
    fleet.store(Array(prompt.prefix(512)), on: 0)
    fleet.store(prompt, on: 1)
    for _ in 0..<8 {
      let choice = try fleet.pick(name, prompt)
      #expect(choice.index == 1)
      #expect(choice.shortfall == nil)
      #expect(choice.ticket.cachedBlocks == 64)
      #expect(choice.ticket.promptTokens == 1_024)
      fleet.end(choice)
    }
  }

  @Test("a prompt on the GPU wins over the same on a disk")
  func tiers() throws {
    var fleet = try Fleet(2)
    fleet.store(prompt, on: 0, tier: .disk)
    fleet.store(prompt, on: 1)
    for _ in 0..<8 {
      let choice = try fleet.pick("least-ttft", prompt)
      #expect(choice.index == 1)
      fleet.end(choice)
    }
  }

  @Test(
    "what own requests say counts only for a replica that tells nothing, tells a part, or has prompts still to read")
  func ownRequests() throws {
    var fleet = try Fleet(2)
    let blocks = (1...8).map { UInt64($0) << 40 }
    blocks.withUnsafeBufferPointer { fleet.balancer.index.insert($0, slot: 1) }
    // It tells nothing.
    fleet.store(Array(prompt.prefix(256)), on: 0)
    var choice = try fleet.pick("prefix-cache", prompt, blocks: blocks)
    #expect(choice.index == 1)
    // As long as the prompt is still to be read.
    #expect(fleet.placements[1].replica.load.state.prefilling == 1)
    fleet.store([5, 6, 7, 8] + Array(prompt.prefix(12)), on: 1)
    #expect(fleet.tokens.knowledge(of: fleet.placements[1].replica) == .all)
    let second = try fleet.pick("prefix-cache", prompt, blocks: blocks)
    #expect(second.index == 1)
    fleet.end(second)
    fleet.end(choice)
    // Its engine has told all.
    choice = try fleet.pick("prefix-cache", prompt, blocks: blocks)
    #expect(choice.index == 0)
    fleet.end(choice)
    fleet.balancer.index.clear(slot: 0)
    fleet.tokens.cleared(replica: 1, knowledge: .part)
    choice = try fleet.pick("prefix-cache", prompt, blocks: blocks)
    #expect(choice.index == 1)
  }

  @Test("without the prompt's tokens own requests serve, and the choice says so")
  func lacking() throws {
    var fleet = try Fleet(2)
    let blocks = (1...8).map { UInt64($0) << 40 }
    blocks.withUnsafeBufferPointer { fleet.balancer.index.insert($0, slot: 1) }
    fleet.store(prompt, on: 0)
    let choice = try fleet.pick("prefix-cache", prompt, blocks: blocks, .lacking(.tokensUnknown))
    #expect(choice.index == 1)
    #expect(choice.shortfall == .tokensUnknown)
    #expect(try fleet.pick("least-request", prompt, blocks: blocks, .lacking(.tokensUnknown)).shortfall == nil)
  }

  @Test("an engine that reads another number of tokens than it told is noticed")
  func mismatch() throws {
    var fleet = try Fleet(1)
    fleet.store(prompt, on: 0)
    var choice = try fleet.pick("least-ttft", prompt)
    fleet.balancer.firstToken(&choice.ticket, on: fleet.placements[0].replica, now: 2_000)
    fleet.balancer.ended(
      &choice.ticket, on: fleet.placements[0].replica, facts: AnswerFacts(promptTokens: 1_030, generatedTokens: 1),
      promptBytes: 4_096, now: 3_000)
    #expect(fleet.tokens.mismatches == 1)
  }

  @Test("what was expected by events teaches nothing of what own requests left behind")
  func capacity() throws {
    var fleet = try Fleet(1)
    fleet.store(prompt, on: 0)
    let before = fleet.balancer.index.capacity(slot: 0)
    var choice = try fleet.pick("least-ttft", prompt)
    fleet.balancer.firstToken(&choice.ticket, on: fleet.placements[0].replica, now: 2_000)
    fleet.balancer.ended(
      &choice.ticket, on: fleet.placements[0].replica,
      facts: AnswerFacts(promptTokens: 1_024, cachedTokens: 1_024, generatedTokens: 1), promptBytes: 4_096, now: 3_000)
    #expect(fleet.balancer.index.capacity(slot: 0) == before)
    #expect(fleet.tokens.mismatches == 0)
  }
}
