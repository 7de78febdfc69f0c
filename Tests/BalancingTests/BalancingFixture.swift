import Fleet
import Seeded
import Testing

@testable import Balancing

/// A few replicas, an index and a balancer, for tests of choices.
struct BalancingFixture {
  let placements: [Placement]
  let index: PrefixIndex
  let balancer: ModelBalancer
  var matches: PrefixMatches
  var random: SeededGenerator

  init(_ count: Int, weights: [Int] = [], seed: UInt64 = 1) throws {
    placements = (0..<count).map { id in
      Placement(
        replica: Replica(id: id, name: "replica-\(id)", host: "10.0.0.\(id)", port: 8000),
        weight: weights.isEmpty ? 1 : weights[id], upstreamModel: "m")
    }
    index = try PrefixIndex(maximumBlocks: 10_000, maximumReplicas: max(1, count))
    index.adopt(placements.map(\.replica))
    balancer = ModelBalancer(index: index)
    matches = PrefixMatches(index: index)
    random = SeededGenerator(seed: seed)
  }

  mutating func pick(
    _ strategy: String, blocks: [UInt64] = [], promptBytes: Int = 4_000, now: UInt64 = 1_000,
    _ change: (inout BalancingRequest) -> Void = { _ in }
  ) throws -> ReplicaChoice {
    let strategy = try RoutingStrategy(parsing: strategy)
    return blocks.withUnsafeBufferPointer { blocks in
      var request = balancer.request(blocks: blocks, promptBytes: promptBytes, now: now)
      change(&request)
      return balancer.pick(
        among: placements, for: request, by: strategy, excluding: ReplicaSet(), matches: &matches, random: &random)
    }
  }

  /// Begins requests that have their first token already.
  func occupy(_ counts: [Int]) {
    for (placement, count) in zip(placements, counts) {
      for inFlight in 0..<count { #expect(placement.replica.load.begin(ifInFlight: inFlight)) }
    }
  }

  /// Ends what a choice began.
  func undo(_ choice: ReplicaChoice) {
    guard let index = choice.index else { return }
    var ticket = choice.ticket
    placements[index].replica.load.end()
    balancer.ended(&ticket, on: placements[index].replica, facts: AnswerFacts(), promptBytes: 0, now: 1_000)
  }

  func tell(_ metrics: [EngineMetrics?], at time: UInt64 = 500) {
    for (placement, metrics) in zip(placements, metrics) {
      guard var metrics else { continue }
      metrics.scrapedAt = time
      balancer.scraped(metrics, of: placement.replica)
    }
  }
}
