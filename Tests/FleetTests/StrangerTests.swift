import Fleet
import Testing

@Suite("Replicas whose engines serve another model") struct StrangerTests {
  private let placements = (0..<3).map { id in
    Placement(replica: Replica(id: id, name: "r\(id)", host: "h\(id)", port: 1), upstreamModel: "m")
  }

  @Test("get no requests where another's lists the model; who is unknown stays in; where none does all are asked")
  func leftOut() {
    func ids(_ strangers: Set<Int>, isListed: Bool) -> [Int] {
      FleetModel(name: "m", placements: placements, strangers: strangers, isListed: isListed).placements(for: nil)
        .map(\.replica.id)
    }
    #expect(ids([1], isListed: true) == [0, 2])
    #expect(ids([0, 1], isListed: false) == [0, 1, 2])
    let model = FleetModel(name: "m", placements: placements, strangers: [1], isListed: true)
    #expect(model.placements.count == 3 && model.strangers.map(\.replica.id) == [1])
    #expect(model.strangeness(of: model.strangers[0]).contains("does not list \"m\""))
  }
}
