import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("What least-ttft does not work out") struct LeastTTFTBoundTests {
  @Test(
    "would not have been chosen: the least cost, then the fewest requests",
    arguments: [1, 2, 3] as [UInt64])
  func leastOfAll(seed: UInt64) throws {
    var fixture = try BalancingFixture(12, weights: (0..<12).map { 1 + $0 % 3 }, seed: seed)
    let strategy = RoutingStrategy(.leastTTFT)
    // One that is four times as quick as its model's others, and one that is four times as slow; in the second half of the
    // rounds that is forgotten.
    for (place, milliseconds) in [(3, 31), (7, 500)] as [(Int, UInt64)] {
      let estimates = fixture.placements[place].replica.estimates
      for sample in 0..<20 as Range<UInt64> {
        estimates.prefillBegan(now: .seconds(sample))
        _ = estimates.firstToken(
          tokens: 1_000, expectedSeconds: 0.125, left: ReplicaLoad().state,
          now: .seconds(sample) + milliseconds * 1_000_000)
        estimates.sampled(model: .assumed, now: .seconds(sample) + milliseconds * 1_000_000)
      }
    }
    let prompt = (1...40).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    var spared = 0
    for round in 0..<200 {
      let now: UInt64 = .seconds(20) + UInt64(round) * 200_000_000
      for placement in fixture.placements { change(placement.replica, prompt, &fixture, now: now) }
      prompt.withUnsafeBufferPointer { fixture.index.match($0, into: &fixture.matches) }
      try prompt.withUnsafeBufferPointer { blocks throws in
        let request = BalancingRequest(
          blocks: blocks, promptTokens: 5_120, tokensPerBlock: 128, prefillCost: .assumed, now: now)
        func order(_ placement: Placement) -> (cost: Double, load: Double) {
          let candidate = Candidate(
            BorrowedPlacement(placement), placement.replica.load.state, request, fixture.matches)
          return (
            LeastTTFTStrategy.cost(candidate, request) + (candidate.isSaturated ? 1e12 : 0),
            LeastRequestStrategy.cost(
              inFlight: candidate.state.inFlight, weight: placement.weight, factor: candidate.factor)
          )
        }
        let open = fixture.placements.filter { $0.replica.health.state(at: now) != .ejected }
        let least = try #require(open.map(order).min { $0 < $1 })
        let matches = fixture.matches
        spared += least.cost < LeastTTFTStrategy.Bound(request).idle ? 1 : 0
        let expected = fixture.placements.map(order)
        let choice = ReplicaPicker.pick(
          among: fixture.placements, for: request, by: strategy, excluding: ReplicaSet(), matches: matches,
          random: &fixture.random)
        let chosen = try #require(choice.index)
        #expect(expected[chosen] == least, "round \(round), seed \(seed)")
        fixture.undo(choice)
      }
    }
    #expect(spared > 0 && spared < 200, "both ways were taken: \(spared), seed \(seed)")
    let now: UInt64 = .seconds(21)
    #expect([3, 7].allSatisfy { fixture.placements[$0].vitals.hasOwnCost(now: now) })
  }

  /// Something happens to a replica: requests come or go, its cache fills or is emptied, it is ejected or short of connections.
  private func change(_ replica: Replica, _ prompt: [UInt64], _ fixture: inout BalancingFixture, now: UInt64) {
    func chance(_ one: Int, in many: Int) -> Bool { Int.random(in: 0..<many, using: &fixture.random) < one }
    if chance(1, in: 1_000) { replica.health.handle(.foundOutlier(reason: "test"), now: now) }
    if chance(1, in: 10) { replica.connectionLimit = chance(1, in: 6) ? 1 : .max }
    if chance(1, in: 5) {
      // What the engine tells: others' requests wait, as many as it says beyond ours.
      var metrics = EngineMetrics()
      metrics.scrapedAt = now
      metrics.waitingRequests = Double(Int.random(in: 0...3, using: &fixture.random))
      replica.metrics.publish(metrics, adapters: nil, prefilling: 0)
    }
    if chance(1, in: 10) { fixture.index.clear(slot: replica.prefixSlot) }
    if chance(1, in: 60) {
      let length = Int.random(in: 1...prompt.count, using: &fixture.random)
      prompt[..<length].withUnsafeBufferPointer { fixture.index.insert($0, slot: replica.prefixSlot) }
    }
    let state = replica.load.state
    switch Int.random(in: 0..<6, using: &fixture.random) {
    case 0 where state.inFlight < 8: #expect(replica.load.begin(ifInFlight: state.inFlight))
    case 1 where state.inFlight < 8:
      if state.prefilling == 0 { replica.estimates.prefillBegan(now: now) }
      #expect(replica.load.begin(ifStill: state, work: 4_000) == 4_000)
    case 2 where state.inFlight > state.prefilling: replica.load.end()
    case 3 where state.prefilling > 0:
      replica.load.prefillEnded(work: 4_000)
      replica.load.end()
    default: break
    }
  }
}
