import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("What least-request and least-kv-cache do not work out") struct CostBoundTests {
  /// The choice of one pass that works out every replica: the least cost, then the least load where that tells equals apart,
  /// then chance in proportion to the share.
  private static func worked(
    out placements: [Placement], _ lots: inout SplitMix64, now: UInt64, byLoad: Bool,
    cost: (Placement, _ load: Double) -> Double
  ) -> Int? {
    var best: Int?
    var least = (cost: Double.infinity, load: Double.infinity)
    var tied: UInt64 = 0
    for (index, placement) in placements.enumerated() {
      let replica = placement.replica
      guard placement.weight > 0, replica.health.state(at: now) != .ejected,
        replica.load.inFlight < replica.requestLimit
      else { continue }
      let factor = replica.health.slowStartFactor(at: now)
      let load = LeastRequestStrategy.cost(inFlight: replica.load.inFlight, weight: placement.weight, factor: factor)
      let own = cost(placement, load) + (replica.load.inFlight >= replica.connectionLimit ? 1e12 : 0)
      let order = (cost: own, load: byLoad ? load : 0)
      let share = UInt64(max(1, Double(placement.weight) * factor * 1_000))
      if order < least {
        (best, least, tied) = (index, order, share)
      } else if order == least {
        tied += share
        if lots.draw(below: tied) < share { best = index }
      }
    }
    return best
  }

  @Test("is not missed: the same replica, draw for draw", arguments: [1, 2, 3] as [UInt64])
  func sameChoices(seed: UInt64) throws {
    var fixture = try BalancingFixture(40, weights: (0..<40).map { $0 % 4 }, seed: seed)
    for round in 0..<300 {
      let now: UInt64 = .seconds(20) + UInt64(round) * 100_000_000
      for placement in fixture.placements { change(placement.replica, &fixture.random, now: now) }
      for strategy in [StrategyKind.leastRequest, .leastKVCache] {
        let drawn = UInt64.random(in: 0 ... .max, using: &fixture.random)
        var lots = SplitMix64(seed: drawn)
        let expected = Self.worked(
          out: fixture.placements, &lots, now: now, byLoad: strategy == .leastKVCache
        ) { placement, load in
          guard strategy == .leastKVCache else { return load }
          let metrics = placement.replica.metrics
          return (metrics[.kvCacheUsage] ?? 0) + (metrics[.cpuCacheUsage] ?? 0)
        }
        var given = Given(number: drawn)
        fixture.matches.begin()
        let choice = ReplicaPicker.pick(
          among: fixture.placements, for: BalancingRequest(now: now), by: RoutingStrategy(strategy),
          excluding: ReplicaSet(), matches: fixture.matches, random: &given)
        #expect(choice.index == expected, "\(strategy), round \(round), seed \(seed)")
        #expect(choice.decided == strategy && choice.shortfall == nil)
        fixture.undo(choice)
      }
    }
  }

  @Test("is an engine that tells nothing among others that are full: it counts as their mean")
  func unknownIsNotPassedOver() throws {
    var fixture = try BalancingFixture(3)
    var metrics = [EngineMetrics(), EngineMetrics(), EngineMetrics()]
    metrics[0].kvCacheUsage = 0.1
    metrics[1].kvCacheUsage = 0.9
    fixture.tell(metrics)
    let choice = try fixture.pick("least-kv-cache")
    #expect(choice.index == 0)
    #expect(choice.shortfall == .metricPartial)
  }

  private func change(_ replica: Replica, _ random: inout SeededGenerator, now: UInt64) {
    func chance(in many: Int) -> Bool { Int.random(in: 0..<many, using: &random) == 0 }
    if chance(in: 500) { replica.health.handle(.foundOutlier(reason: "test"), now: now) }
    if chance(in: 10) { replica.connectionLimit = chance(in: 6) ? 1 : .max }
    if chance(in: 10) { replica.requestLimit = chance(in: 6) ? 2 : .max }
    var metrics = EngineMetrics()
    metrics.scrapedAt = now
    metrics.kvCacheUsage = Double(Int.random(in: 0...3, using: &random)) / 4
    metrics.cpuCacheUsage = chance(in: 2) ? 0.25 : nil
    replica.metrics.publish(metrics, adapters: nil)
    let inFlight = replica.load.inFlight
    if chance(in: 3), inFlight < 6 { #expect(replica.load.begin(ifInFlight: inFlight)) }
    if chance(in: 3), inFlight > replica.load.state.prefilling { replica.load.end() }
  }

  /// Gives one number.
  private struct Given: RandomNumberGenerator {
    let number: UInt64
    mutating func next() -> UInt64 { number }
  }
}
