import Balancing
import Fleet
import Reliability
import Seeded
import Testing

@Suite("Choosing among ejected, returning and full replicas")
struct EjectedReplicaTests {
  private func placements(_ count: Int, requestLimit: Int = .max) -> [Placement] {
    (0..<count).map {
      Placement(
        replica: Replica(id: $0, name: "r\($0)", host: "h", port: $0 + 1, requestLimit: requestLimit),
        upstreamModel: "m")
    }
  }

  private func eject(_ placement: Placement, now: UInt64 = .seconds(1)) {
    #expect(placement.replica.health.handle(.foundOutlier(reason: "503"), now: now) == .ejected)
  }

  private func pick(
    _ placements: [Placement], excluding tried: ReplicaSet = ReplicaSet(), now: UInt64
  ) -> ReplicaPicker.Choice {
    var random = SeededGenerator(seed: now)
    return ReplicaPicker.pick(among: placements, excluding: tried, now: now, random: &random)
  }

  @Test("an ejected replica is passed over until its time is over")
  func passedOver() {
    let placements = placements(2)
    eject(placements[0])
    for _ in 0..<20 { #expect(pick(placements, now: .seconds(5)) == .replica(1)) }
    #expect(pick(placements, now: .seconds(6)) == .replica(0))
  }

  @Test("when only ejected ones are left they are chosen, failing ones never")
  func lastResort() {
    let placements = placements(2)
    eject(placements[0])
    placements[1].replica.health.handle(.probeFailed(reason: "refused"), now: .seconds(1))
    #expect(pick(placements, now: .seconds(2)) == .replica(0))
    var tried = ReplicaSet()
    tried.insert(0)
    #expect(pick(placements, excluding: tried, now: .seconds(2)) == .noneReady)
    #expect(!ReplicaPicker.hasCandidate(among: placements, excluding: tried, now: .seconds(2)))
    #expect(ReplicaPicker.hasCandidate(among: placements, excluding: ReplicaSet(), now: .seconds(2)))
  }

  @Test("a retry goes to an ejected replica when all others were tried")
  func retry() {
    let placements = placements(2)
    eject(placements[1])
    var tried = ReplicaSet()
    tried.insert(0)
    #expect(pick(placements, excluding: tried, now: .seconds(2)) == .replica(1))
  }

  @Test("a returning replica takes a share that grows: an idle fleet sends it 1 in 11, 3 in 13, then half")
  func slowStart() {
    let placements = placements(2)
    eject(placements[0])
    var random = SeededGenerator(seed: 11)
    func share(at now: UInt64) -> Double {
      var count = 0
      for _ in 0..<4_000 {
        let choice = ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: now, random: &random)
        guard let index = choice.index else { return -1 }
        placements[index].replica.load.end()
        if index == 0 { count += 1 }
      }
      return Double(count) / 4_000
    }
    // Factors 0.1, 0.3 and 1. The seed is fixed; 0.03 is about four standard errors.
    #expect(abs(share(at: .seconds(6)) - 0.091) < 0.03)
    #expect(abs(share(at: .seconds(6) + .milliseconds(6_667)) - 0.231) < 0.03)
    #expect(abs(share(at: .seconds(36)) - 0.5) < 0.03)
  }

  @Test("under load a returning replica has a tenth of what the others have")
  func slowStartUnderLoad() {
    let placements = placements(2)
    eject(placements[0])
    for _ in 0..<110 { #expect(pick(placements, now: .seconds(6)).index != nil) }
    #expect(placements.map(\.replica.load.inFlight) == [10, 100])
  }

  @Test("a full replica is skipped, and all full is told from none ready")
  func full() {
    let placements = placements(2, requestLimit: 2)
    for _ in 0..<4 { #expect(pick(placements, now: 1).index != nil) }
    #expect(placements.map(\.replica.load.inFlight) == [2, 2])
    #expect(pick(placements, now: 1) == .allFull)
    #expect(!ReplicaPicker.hasCandidate(among: placements, excluding: ReplicaSet(), now: 1))
    placements[1].replica.load.end()
    #expect(pick(placements, now: 1) == .replica(1))
    placements[0].replica.requestLimit = 3
    #expect(pick(placements, now: 1) == .replica(0))
    #expect(pick([], now: 1) == .noneReady)
  }

  @Test("what full replicas cannot take does not go to an ejected one")
  func fullBesideEjected() {
    let placements = placements(2, requestLimit: 1)
    eject(placements[0])
    #expect(pick(placements, now: .seconds(2)) == .replica(1))
    #expect(pick(placements, now: .seconds(2)) == .allFull)
    #expect(!ReplicaPicker.hasCandidate(among: placements, excluding: ReplicaSet(), now: .seconds(2)))
  }

  @Test("a trace says why a replica is passed over")
  func trace() {
    let placements = placements(3, requestLimit: 1)
    eject(placements[0])
    #expect(placements[1].replica.load.begin(ifInFlight: 0))
    #expect(ReplicaPicker.candidates(among: placements).map(\.reason) == ["503", "at its limit of 1 requests", nil])
    #expect(ReplicaPicker.candidates(among: placements).map(\.score) == [0, 0, 1])
  }

  @Test("threads that pick at once never pass a replica's limit")
  func threads() async {
    let placements = placements(2, requestLimit: 5)
    let picked = await withTaskGroup(of: Int.self) { group in
      for seed in 1...4 as ClosedRange<UInt64> {
        group.addTask {
          var random = SeededGenerator(seed: seed)
          return (0..<10).count { _ in
            ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), now: 1, random: &random).index != nil
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(picked == 10)
    #expect(placements.map(\.replica.load.inFlight) == [5, 5])
  }

  @Test("cost and share of a slow start have their documented values")
  func formula() {
    #expect(LeastRequestStrategy.cost(inFlight: 1, weight: 2, factor: 0.5) == 1)
    #expect(LeastRequestStrategy.cost(inFlight: 0, weight: 1, factor: 0.1) == 0)
    #expect(LeastRequestStrategy.tieShare(weight: 2, factor: 0.5) == 1_000)
    #expect(LeastRequestStrategy.tieShare(weight: 1, factor: 0.0001) == 1)
    #expect(LeastRequestStrategy.tieShare(weight: .max, factor: 1) == 1 << 48)
  }
}
