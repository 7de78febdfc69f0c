import Balancing
import Fleet
import Testing

@Suite("Replicas on which requests fail")
struct SuspectTests {
  private func placements(_ states: [HealthMachine.Event]) -> [Placement] {
    states.enumerated().map { index, event in
      let replica = Replica(id: index, name: "r\(index)", host: "h", port: index + 1)
      replica.health.handle(event)
      return Placement(replica: replica, upstreamModel: "m")
    }
  }

  @Test("a suspect replica is passed over while another can be chosen")
  func passedOver() {
    var random = SystemRandomNumberGenerator()
    let placements = placements([.requestFailed(reason: "reset"), .probeSucceeded])
    for _ in 0..<20 {
      let index = ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), random: &random)
      #expect(index == 1)
    }
  }

  @Test("when only suspects are left they are chosen, failing ones never")
  func lastResort() {
    var random = SystemRandomNumberGenerator()
    let placements = placements([.requestFailed(reason: "reset"), .probeFailed(reason: "refused")])
    #expect(ReplicaPicker.pick(among: placements, excluding: ReplicaSet(), random: &random) == 0)
    var tried = ReplicaSet()
    tried.insert(0)
    #expect(ReplicaPicker.pick(among: placements, excluding: tried, random: &random) == nil)
    #expect(!ReplicaPicker.hasCandidate(among: placements, excluding: tried))
    #expect(ReplicaPicker.hasCandidate(among: placements, excluding: ReplicaSet()))
  }
}
