import Fleet
import Reliability
import Testing

@Suite("Counters of a replica") struct ReplicaLoadTests {
  @Test("outcomes are counted for one interval each")
  func outcomes() {
    let replica = Replica(id: 0, name: "r", host: "h", port: 1)
    #expect(replica.requestSucceeded(now: 1) == .ready)
    #expect(replica.requestSucceeded(now: 1) == nil)
    #expect(replica.requestFailed(reason: "reset", now: 1) == nil)
    #expect(replica.load.takeOutcomes() == .init(successes: 2, failures: 1))
    #expect(replica.load.takeOutcomes() == .init())
    #expect(replica.requestFailed(reason: "reset", now: 1) == nil)
    #expect(replica.requestFailed(reason: "reset", now: 1) == .ejected)
    #expect(replica.load.takeOutcomes() == .init(successes: 0, failures: 2))
  }

  @Test("outcomes that four threads count come out once")
  func threads() async {
    let load = ReplicaLoad()
    var sum = 0
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var taken = 0
          for turn in 0..<1_000 {
            load.countSuccess()
            if turn % 100 == 0 { taken += load.takeOutcomes().successes }
          }
          return taken
        }
      }
      for await taken in group { sum += taken }
    }
    #expect(sum + load.takeOutcomes().successes == 4_000)
  }

  @Test("connections and waiters of all loops are summed")
  func use() {
    let load = ReplicaLoad()
    load.count(connections: 2, pending: 1)
    load.count(connections: 3, pending: 4)
    #expect(load.connections == 5)
    #expect(load.pending == 5)
    load.count(connections: -2, pending: -1)
    #expect(load.connections == 3)
    #expect(load.pending == 4)
  }

  @Test("the limit of requests can be set anew")
  func limits() {
    let replica = Replica(id: 0, name: "r", host: "h", port: 1)
    #expect(replica.requestLimit == .max)
    replica.requestLimit = 3
    #expect(replica.requestLimit == 3)
  }
}
