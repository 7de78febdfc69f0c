import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("Prefill and decode pairs") struct PrefillDecodePairTests {
  @Test("prefill and decode pair within a group, each by its own load")
  func pairs() throws {
    let roles: [(PlacementRole, String)] = [
      (.prefill, "a"), (.decode, "a"), (.prefill, "b"), (.decode, "b"), (.decode, "b"),
    ]
    let placements = roles.enumerated().map { id, role in
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "10.0.0.\(id)", port: 8000), upstreamModel: "m", role: role.0,
        group: role.1)
    }
    let index = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 8)
    index.adopt(placements.map(\.replica))
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    for inFlight in 0..<5 { #expect(placements[3].replica.load.begin(ifInFlight: inFlight)) }
    let busy = placements[0].replica
    #expect(busy.load.begin(ifStill: busy.load.state, work: 16_000) != nil)
    busy.estimates.prefillBegan(now: 1_000)
    let request = balancer.request(blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 4_000, now: 1_000)
    var random = SeededGenerator(seed: 7)
    let pair = try #require(
      balancer.pickPair(
        among: placements, for: request, excluding: PrefillDecodePair.Tried(), matches: &matches, random: &random))
    #expect(pair.prefill == 2)
    #expect(pair.decode == 4)
    #expect(placements.map(\.replica.load.inFlight) == [1, 0, 1, 5, 1])
  }

  @Test("both legs may go to one address, by two paths", .timeLimit(.minutes(1)))
  func oneAddress() throws {
    let replica = Replica(id: 0, name: "r", host: "10.0.0.1", port: 8000)
    let placements = [PlacementRole.prefill, .decode].map { Placement(replica: replica, upstreamModel: "m", role: $0) }
    let index = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 8)
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    var random = SeededGenerator(seed: 7)
    let request = balancer.request(blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 8, now: 1)
    for count in 1...3 {
      let pair = balancer.pickPair(
        among: placements, for: request, excluding: PrefillDecodePair.Tried(), matches: &matches, random: &random)
      #expect(pair?.prefill == 0 && pair?.decode == 1)
      #expect(replica.load.inFlight == 2 * count)
    }
  }

  @Test(
    "requests that come together are spread over pairs evenly, and in every order", arguments: [1, 2, 3] as [UInt64])
  func spreadPairs(seed: UInt64) throws {
    let placements = (0..<8).map { id in
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "10.0.0.\(id)", port: 8000), upstreamModel: "m",
        role: id < 4 ? .prefill : .decode)
    }
    let index = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 8)
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    var random = SeededGenerator(seed: seed)
    let request = balancer.request(blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 8, now: 1)
    for _ in 0..<64 {
      _ = balancer.pickPair(
        among: placements, for: request, excluding: PrefillDecodePair.Tried(), matches: &matches, random: &random)
    }
    #expect(placements.map(\.replica.load.inFlight) == Array(repeating: 16, count: 8), "seed \(seed)")
  }

  @Test("engines that hand caches over differently never pair, nor one that was tried")
  func pairsOfOneEngine() throws {
    func placement(_ id: Int, _ role: PlacementRole, _ handOver: CacheHandOver?) -> Placement {
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "10.0.0.\(id)", port: 8000), upstreamModel: "m", role: role,
        handOver: handOver)
    }
    let prefill = placement(0, .prefill, .sglang)
    let index = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 8)
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    var random = SeededGenerator(seed: 1)
    let request = balancer.request(blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 8, now: 1)
    func pick(_ others: [Placement], _ tried: PrefillDecodePair.Tried = PrefillDecodePair.Tried()) -> Int? {
      let placements = [prefill] + others
      let pair = balancer.pickPair(
        among: placements, for: request, excluding: tried, matches: &matches, random: &random)
      #expect(PrefillDecodePair.isThere(among: placements, excluding: tried, now: 1) == (pair != nil))
      return pair?.decode
    }
    #expect(pick([placement(1, .decode, .vllm), placement(2, .decode, nil)]) == nil)
    #expect(prefill.replica.load.total == 0)
    #expect(pick([placement(1, .decode, .vllm), placement(2, .decode, .sglang)]) == 2)
    var tried = PrefillDecodePair.Tried()
    tried.decode.insert(2)
    #expect(pick([placement(2, .decode, .sglang)], tried) == nil)
    #expect(pick([placement(2, .decode, .sglang), placement(3, .decode, .sglang)], tried) == 2)
    tried.prefill.insert(0)
    #expect(pick([placement(3, .decode, .sglang)], tried) == nil)
  }

  @Test("ejected replicas pair when no others do, and not because others are full")
  func ejectedPairs() throws {
    func placement(_ id: Int, _ role: PlacementRole) -> Placement {
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "10.0.0.\(id)", port: 8000), upstreamModel: "m", role: role,
        handOver: .sglang)
    }
    let (prefill, decode) = (placement(0, .prefill), placement(1, .decode))
    let index = try PrefixIndex(maximumBlocks: 1_000, maximumReplicas: 8)
    let balancer = ModelBalancer(index: index)
    var matches = PrefixMatches(index: index)
    var random = SeededGenerator(seed: 1)
    let request = balancer.request(blocks: UnsafeBufferPointer(start: nil, count: 0), promptBytes: 8, now: 1)
    func pick(_ placements: [Placement]) -> PrefillDecodePair? {
      let tried = PrefillDecodePair.Tried()
      let pair = balancer.pickPair(
        among: placements, for: request, excluding: tried, matches: &matches, random: &random)
      #expect(PrefillDecodePair.isThere(among: placements, excluding: tried, now: 1) == (pair != nil))
      return pair
    }
    while prefill.replica.health.state(at: 1) != .ejected { _ = prefill.replica.requestFailed(reason: "500", now: 0) }
    #expect(pick([prefill, decode])?.prefill == 0)
    let none = PrefillDecodePair.Tried()
    #expect(!PrefillDecodePair.isThere(among: [prefill, decode], excluding: none, takesEjected: false, now: 1))
    let full = placement(2, .prefill)
    full.replica.requestLimit = 0
    #expect(pick([prefill, full, decode]) == nil)
    full.replica.requestLimit = 2
    #expect(PrefillDecodePair.isThere(among: [full, decode], excluding: none, takesEjected: false, now: 1))
    #expect(pick([prefill, full, decode])?.prefill == 1)
  }
}
