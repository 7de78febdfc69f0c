import Fleet
import Reliability
import Testing

@Suite("How many of a model's replicas are out at a time") struct PolicyTests {
  private func fleet(_ count: Int, _ policy: ModelPolicy = ModelPolicy()) -> (FleetSnapshot, [Replica]) {
    let replicas = (0..<count).map { Replica(id: $0, name: "r\($0)", host: "h", port: $0) }
    let placements = replicas.map { Placement(replica: $0, upstreamModel: "m") }
    let model = FleetModel(name: "m", placements: placements, policy: policy)
    let snapshot = FleetSnapshot(models: [model], replicas: replicas)
    snapshot.applyPolicies()
    return (snapshot, replicas)
  }

  @Test(
    "the documented share, and at least one unless the share is nothing",
    arguments: [(1, 50, 1), (2, 50, 1), (3, 50, 1), (4, 50, 2), (8, 50, 4), (4, 100, 3), (4, 10, 1), (4, 0, 0)])
  func limit(replicas: Int, percent: Int, out: Int) {
    let policy = ModelPolicy(outliers: SuccessRateOutliers(maximumEjectionPercent: percent))
    #expect(policy.ejectionLimit(ofReplicas: replicas) == out)
  }

  @Test("no further replica is ejected while as many are out as may be, and one is again once one is back")
  func share() {
    let (snapshot, replicas) = fleet(3)
    let model = snapshot.models[0]
    for _ in 0..<3 { replicas[0].requestFailed(reason: "503", now: .seconds(1)) }
    #expect(replicas[0].health.state(at: .seconds(2)) == .ejected)
    #expect(!model.policy.mayEjectMore(of: model.placements, now: .seconds(2)))
    #expect(model.policy.mayEjectMore(of: model.placements, now: .seconds(7)))
  }

  @Test("failures of requests for adapters take out no more of a model's replicas than those of its own would")
  func adapters() {
    let replicas = (0..<4).map { Replica(id: $0, name: "r\($0)", host: "h", port: $0) }
    let holders = Dictionary(uniqueKeysWithValues: (0..<4).map { ("a\($0)", Set([$0])) })
    let model = FleetModel(
      name: "m", placements: replicas.map { Placement(replica: $0, upstreamModel: "m") }, adapters: Array(holders.keys),
      holders: holders)
    for (index, replica) in replicas.enumerated() {
      for _ in 0..<5 {
        _ = model.requestFailed(
          on: replica, adapter: "a\(index)", isPaired: false, reason: "500", now: .seconds(1))
      }
    }
    #expect(replicas.count { $0.health.state(at: .seconds(1)) == .ejected } == 2)
  }

  @Test("loops that see failures at the same moment never take the last place both", arguments: 0..<20)
  func atOnce(round: Int) async {
    let (snapshot, replicas) = fleet(2)
    let model = snapshot.models[0]
    await withTaskGroup(of: Void.self) { group in
      for replica in replicas {
        group.addTask {
          for _ in 0..<3 {
            _ = model.requestFailed(on: replica, adapter: nil, isPaired: false, reason: "503", now: .seconds(1))
          }
        }
      }
    }
    #expect(replicas.count { $0.health.state(at: .seconds(1)) == .ejected } == 1)
  }

  @Test("a replica that fails every second request is ejected for it, and nothing else is told")
  func outlier() {
    let (snapshot, replicas) = fleet(3)
    for _ in 0..<10 {
      for replica in replicas { replica.requestSucceeded(now: .seconds(1)) }
      replicas[0].requestFailed(reason: "503", now: .seconds(1))
    }
    let changed = snapshot.ejectOutliers(now: .seconds(10))
    #expect(changed.map(\.name) == ["r0"])
    #expect(replicas[0].health.state(at: .seconds(11)) == .ejected)
    #expect(replicas[0].health.lastFailure == "10 of 20 requests failed, more than on its siblings")
    // What was counted is counted once.
    #expect(snapshot.ejectOutliers(now: .seconds(11)).isEmpty)
    // The end of the ejection shows at the next look.
    #expect(snapshot.ejectOutliers(now: .seconds(20)).map(\.name) == ["r0"])
    #expect(replicas.allSatisfy { $0.health.state(at: .seconds(20)) != .ejected })
  }

  @Test("with success-rate ejection off nothing is ejected for its rate")
  func off() {
    let (snapshot, replicas) = fleet(2, ModelPolicy(ejectsOutliers: false))
    for _ in 0..<20 {
      for replica in replicas { replica.requestSucceeded(now: .seconds(1)) }
      replicas[0].requestFailed(reason: "503", now: .seconds(1))
    }
    #expect(snapshot.ejectOutliers(now: .seconds(10)).isEmpty)
  }
}
