import Fleet
import Seeded
import Testing

@testable import Balancing

@Suite("Picking a replica") struct ReplicaPickerTests {
  private func placements(_ weights: [Int]) -> [Placement] {
    weights.enumerated().map { index, weight in
      Placement(
        replica: Replica(id: index, name: "replica-\(index)", host: "10.0.0.\(index)", port: 8000), weight: weight,
        upstreamModel: "m")
    }
  }

  private func occupy(_ placement: Placement, _ count: Int) {
    for inFlight in 0..<count { #expect(placement.replica.load.begin(ifInFlight: inFlight)) }
  }

  /// Picks without ending, so that load builds up.
  private func pick(_ count: Int, _ placements: [Placement], _ generator: inout SeededGenerator) {
    for _ in 0..<count {
      #expect(ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &generator).index != nil)
    }
  }

  /// Picks and ends, so that all replicas stay as idle as they were; how often each was picked.
  private func shares(_ count: Int, _ placements: [Placement], seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    var shares = [Int](repeating: 0, count: placements.count)
    for _ in 0..<count {
      guard
        let index = ReplicaPicker.pick(
          among: placements, excluding: ReplicaSet(), now: 1, random: &generator
        ).index
      else {
        Issue.record("nothing was picked, seed \(seed)")
        return shares
      }
      placements[index].replica.load.end()
      shares[index] += 1
    }
    return shares
  }

  /// Pearson's statistic: Σ (observed − expected)² / expected.
  private func chiSquare(_ observed: [Int], _ expected: [Double]) -> Double {
    zip(observed, expected).reduce(0) { sum, pair in
      sum + (Double(pair.0) - pair.1) * (Double(pair.0) - pair.1) / pair.1
    }
  }

  @Test("256 picks on 4 idle replicas land 64 each", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func even(seed: UInt64) {
    let placements = placements([1, 1, 1, 1])
    var generator = SeededGenerator(seed: seed)
    pick(256, placements, &generator)
    #expect(placements.map(\.replica.load.inFlight) == [64, 64, 64, 64])
    #expect(placements.map(\.replica.load.total) == [64, 64, 64, 64])
  }

  @Test("load settles in proportion to the weights")
  func weighted() {
    let placements = placements([4, 2, 1, 1])
    var generator = SeededGenerator(seed: 7)
    pick(256, placements, &generator)
    #expect(placements.map(\.replica.load.inFlight) == [128, 64, 32, 32])
  }

  @Test("the replica with the fewest requests is taken")
  func fewest() {
    let placements = placements([1, 1, 1])
    occupy(placements[0], 3)
    occupy(placements[1], 1)
    occupy(placements[2], 2)
    var generator = SeededGenerator(seed: 1)
    #expect(ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &generator) == .replica(1))
    #expect(placements[1].replica.load.inFlight == 2)
  }

  @Test("ties among equals fall evenly: χ² below 16.27, three degrees of freedom, one in a thousand")
  func evenTies() {
    let seed: UInt64 = 2026
    let shares = shares(8_000, placements([1, 1, 1, 1]), seed: seed)
    let statistic = chiSquare(shares, [2_000, 2_000, 2_000, 2_000])
    #expect(statistic < 16.27, "\(shares), seed \(seed)")
  }

  @Test("ties fall in proportion to the weights: χ² below 16.27, three degrees of freedom, one in a thousand")
  func weightedTies() {
    let seed: UInt64 = 2027
    let shares = shares(8_000, placements([1, 2, 3, 4]), seed: seed)
    let statistic = chiSquare(shares, [800, 1_600, 2_400, 3_200])
    #expect(statistic < 16.27, "\(shares), seed \(seed)")
  }

  @Test("a placement of weight 0 takes nothing, also alone")
  func weightZero() {
    var generator = SeededGenerator(seed: 1)
    let placements = placements([0, 1])
    pick(10, placements, &generator)
    #expect(placements.map(\.replica.load.inFlight) == [0, 10])
    #expect(
      ReplicaPicker.pick(among: [placements[0]], excluding: ReplicaSet(), now: 1, random: &generator) == .noneReady)
    #expect(ReplicaPicker.pick(among: [], excluding: ReplicaSet(), now: 1, random: &generator) == .noneReady)
  }

  @Test("a replica that was tried is not taken again, however idle it is")
  func exclusion() {
    let placements = placements([1, 1, 1])
    occupy(placements[1], 5)
    occupy(placements[2], 6)
    var generator = SeededGenerator(seed: 1)
    var tried = ReplicaSet()
    for expected in [0, 1, 2] {
      #expect(ReplicaPicker.pick(among: placements, excluding: tried, now: 1, random: &generator) == .replica(expected))
      tried.insert(placements[expected].replica.id)
    }
    #expect(ReplicaPicker.pick(among: placements, excluding: tried, now: 1, random: &generator) == .noneReady)
    #expect(placements.map(\.replica.load.inFlight) == [1, 6, 7])
  }

  @Test("a failing replica is passed over until it recovers, an unprobed one is not")
  func failing() {
    let placements = placements([1, 1])
    var generator = SeededGenerator(seed: 1)
    placements[0].replica.health.handle(.probeFailed(reason: "refused"), now: 1)
    pick(10, placements, &generator)
    #expect(placements.map(\.replica.load.inFlight) == [0, 10])
    placements[0].replica.health.handle(.probeSucceeded, now: 1)
    pick(10, placements, &generator)
    #expect(placements.map(\.replica.load.inFlight) == [10, 10])
    for placement in placements {
      placement.replica.health.handle(.probeFailed(reason: "refused"), now: 1)
      placement.replica.health.handle(.probeFailed(reason: "refused"), now: 1)
    }
    #expect(ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &generator) == .noneReady)
  }

  @Test("two models on one replica share its load")
  func sharedReplica() {
    let shared = placements([1, 1])
    let other = [Placement(replica: shared[0].replica, upstreamModel: "n")]
    var generator = SeededGenerator(seed: 1)
    pick(4, other, &generator)
    pick(4, shared, &generator)
    #expect(shared.map(\.replica.load.inFlight) == [4, 4])
  }

  @Test("four threads that pick at once see each other: 1 024 picks land 256 each")
  func threads() async {
    let placements = placements([1, 1, 1, 1])
    await withTaskGroup(of: Void.self) { group in
      for seed in 1...4 as ClosedRange<UInt64> {
        group.addTask {
          var generator = SeededGenerator(seed: seed)
          for _ in 0..<256 {
            _ = ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &generator)
          }
        }
      }
    }
    // A pick counts only if its replica's counter still is what was read, which then was no higher than the others', and
    // these have only grown since: counters never differ by more than one.
    #expect(placements.map(\.replica.load.inFlight) == [256, 256, 256, 256])
    #expect(placements.map(\.replica.load.total) == [256, 256, 256, 256])
  }

  @Test("four threads that pick and end leave no request behind")
  func threadsThatEnd() async {
    let placements = placements([1, 2])
    await withTaskGroup(of: Void.self) { group in
      for seed in 1...4 as ClosedRange<UInt64> {
        group.addTask {
          var generator = SeededGenerator(seed: seed)
          for _ in 0..<1_000 {
            let index = ReplicaPicker.pick(
              among: placements, excluding: ReplicaSet(), now: 1, random: &generator
            ).index
            if let index { placements[index].replica.load.end() }
          }
        }
      }
    }
    #expect(placements.map(\.replica.load.inFlight) == [0, 0])
    #expect(placements.map(\.replica.load.total).reduce(0, +) == 4_000)
  }

  @Test("a trace shows every candidate with its score and why it is none")
  func candidates() {
    let placements = placements([1, 2, 0, 1])
    occupy(placements[0], 1)
    occupy(placements[1], 2)
    placements[3].replica.health.handle(.probeFailed(reason: "connection refused"), now: 1)
    #expect(
      ReplicaPicker.candidates(among: placements) == [
        CandidateScore(
          replica: "replica-0", address: "10.0.0.0:8000", inFlight: 1, weight: 1, score: 0.5, isEligible: true,
          reason: nil),
        CandidateScore(
          replica: "replica-1", address: "10.0.0.1:8000", inFlight: 2, weight: 2, score: 0.5, isEligible: true,
          reason: nil),
        CandidateScore(
          replica: "replica-2", address: "10.0.0.2:8000", inFlight: 0, weight: 0, score: 0, isEligible: false,
          reason: "weight 0"),
        CandidateScore(
          replica: "replica-3", address: "10.0.0.3:8000", inFlight: 0, weight: 1, score: 0, isEligible: false,
          reason: "connection refused"),
      ])
    #expect(placements.map(\.replica.load.total) == [1, 2, 0, 0])
  }

  @Test("cost and score of least-request have their documented values")
  func formula() {
    let values: [(inFlight: Int, weight: Int, cost: Double, score: Double)] = [
      (0, 1, 0, 1), (1, 1, 1, 0.5), (3, 1, 3, 0.25), (3, 3, 1, 0.5), (0, 5, 0, 1), (1, 4, 0.25, 0.8),
    ]
    for (inFlight, weight, cost, score) in values {
      #expect(LeastRequestStrategy.cost(inFlight: inFlight, weight: weight) == cost)
      #expect(LeastRequestStrategy.score(inFlight: inFlight, weight: weight) == score)
    }
    #expect(LeastRequestStrategy.cost(inFlight: 0, weight: 0) == .infinity)
    #expect(LeastRequestStrategy.score(inFlight: 0, weight: 0) == 0)
    #expect(LeastRequestStrategy.name == "least-request")
  }

  @Test("a set of tried replicas holds what was put in, up to six")
  func replicaSet() {
    var set = ReplicaSet()
    #expect(ReplicaSet.capacity == 6)
    for id in [7, 0, 3, 12, 5, 9] {
      #expect(!set.contains(id))
      set.insert(id)
      #expect(set.contains(id))
    }
    #expect(set.count == 6)
    #expect(!set.contains(1))
    #expect(set != ReplicaSet())
  }
}
