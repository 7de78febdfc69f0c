import Fleet
import Synchronization
import Testing

@Suite("The fleet's values") struct FleetTests {
  private static let secret = "sk-very-secret"

  @Test("header lines are written as the wire has them")
  func headerLines() {
    var lines = HeaderLines()
    #expect(lines.bytes.isEmpty)
    #expect(!lines.authenticates)
    lines.append(name: "X-Tenant", value: "a\tb")
    #expect(!lines.authenticates)
    lines.append(name: "AUTHORIZATION", value: "Bearer x")
    #expect(String(decoding: lines.bytes, as: UTF8.self) == "X-Tenant: a\tb\r\nAUTHORIZATION: Bearer x\r\n")
    #expect(lines.authenticates)
    #expect(lines.names == ["x-tenant", "authorization"])
  }

  @Test("header lines never print what they hold, however they are printed")
  func secrets() {
    var lines = HeaderLines()
    lines.append(name: "Authorization", value: "Bearer \(Self.secret)")
    lines.append(name: "api-key", value: Self.secret)
    let placement = Placement(
      replica: Replica(id: 0, name: "r", host: "h", port: 1), upstreamModel: "m", headerLines: lines)
    let model = FleetModel(name: "m", placements: [placement])
    let snapshot = FleetSnapshot(models: [model], replicas: [placement.replica])
    #expect("\(lines)" == "2 header lines")
    #expect(String(reflecting: lines) == "2 header lines")
    for value in [lines, placement, model, snapshot] as [Any] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains(Self.secret))
        // The bytes of `secret`, as an array of numbers prints them.
        #expect(!text.contains("115, 101, 99, 114, 101, 116"))
      }
    }
  }

  @Test("what would break a header line cannot be held")
  func headerCharacters() {
    let good = [("x-a", ""), ("X-A", "b c"), ("!#$%&'*+-.^_`|~09", "b\tc"), ("a", "\u{E9}")]
    for (name, value) in good { #expect(HeaderLines.canHold(name: name, value: value), "\(name)") }
    let bad = [
      ("", "b"), ("a b", "c"), ("a:", "b"), ("a\r\n", "b"), ("\u{E9}", "b"), ("a", "b\n"), ("a", "b\r\nc: d"),
      ("a", "\u{0}"), ("a", "\u{7F}"), ("(a)", "b"),
    ]
    for (name, value) in bad { #expect(!HeaderLines.canHold(name: name, value: value), "\(name.debugDescription)") }
  }

  @Test("an authority has the port, and brackets around an IPv6 address")
  func authority() {
    #expect(Replica(id: 0, name: "r", host: "engine", port: 8000).authority == "engine:8000")
    #expect(Replica(id: 0, name: "r", host: "10.0.0.1", port: 80).authority == "10.0.0.1:80")
    #expect(Replica(id: 0, name: "r", host: "fd00::1", port: 8000).authority == "[fd00::1]:8000")
  }

  @Test("whole requests go to replicas that do both, else to those that decode and can read a prompt")
  func roles() {
    func placement(_ id: Int, _ role: PlacementRole, _ handOver: CacheHandOver?) -> Placement {
      Placement(
        replica: Replica(id: id, name: "r\(id)", host: "h", port: id), upstreamModel: "m", role: role,
        handOver: handOver)
    }
    func ids(_ placements: [Placement]) -> [Int] { placements.map(\.replica.id) }
    let prefill = placement(0, .prefill, .vllm)
    let decode = placement(1, .decode, .vllm)
    let model = FleetModel(name: "m", placements: [prefill, decode], holders: ["a": [1], "b": [0], "c": [9]])
    #expect(model.hasPairs)
    #expect(ids(model.placements(for: nil)) == [1])
    #expect(ids(model.pairedPlacements(for: nil)) == [0, 1])
    #expect(ids(model.pairedPlacements(for: "a")) == [1])
    #expect(ids(model.placements(for: "b")) == [1], "one that only prefills serves no whole request")
    #expect(ids(model.pairedPlacements(for: "c")) == [0, 1])
    let mixed = FleetModel(name: "m", placements: [prefill, decode, placement(2, .whole, .vllm)])
    #expect(ids(mixed.placements(for: nil)) == [2])
    #expect(ids(mixed.pairedPlacements(for: nil)) == [0, 1])
    let meeting = FleetModel(name: "m", placements: [placement(0, .prefill, .sglang), placement(1, .decode, .sglang)])
    #expect(meeting.hasPairs && meeting.placements(for: nil).isEmpty)
    let alone = FleetModel(name: "m", placements: [prefill])
    #expect(!alone.hasPairs && alone.placements(for: nil).isEmpty && alone.pairedPlacements(for: nil).isEmpty)
    let usual = FleetModel(name: "m", placements: [placement(2, .whole, nil)])
    #expect(!usual.hasPairs && ids(usual.placements(for: nil)) == [2])
  }

  @Test("models are found by their exact names")
  func lookUp() {
    let snapshot = FleetSnapshot(
      models: [FleetModel(name: "a", placements: []), FleetModel(name: "b", placements: [], adapters: ["c"])],
      replicas: [])
    #expect(snapshot.index(ofModel: "b") == 1)
    #expect(snapshot.model(named: "b")?.adapters == ["c"])
    #expect(snapshot.index(ofModel: "c") == nil)
    #expect(snapshot.model(named: "A") == nil)
  }

  @Test("a snapshot remembers the identities that the snapshots before it gave")
  func identities() {
    let replicas = (0..<3).map { Replica(id: $0, name: "\($0)", host: "h", port: $0) }
    let first = FleetSnapshot(models: [], replicas: replicas)
    #expect(first.nextReplicaID == 3)
    let second = FleetSnapshot(models: [], replicas: [replicas[0]], replacing: first)
    #expect(second.nextReplicaID == 3)
    #expect(FleetSnapshot(models: [], replicas: [], replacing: second).nextReplicaID == 3)
    #expect(FleetSnapshot(models: [], replicas: []).nextReplicaID == 0)
  }

  @Test("a request is counted only if the counter is what the choice was made on")
  func counting() {
    let load = ReplicaLoad()
    #expect(load.begin(ifInFlight: 0))
    #expect(!load.begin(ifInFlight: 0))
    #expect(!load.begin(ifInFlight: 2))
    #expect(load.begin(ifInFlight: 1))
    #expect((load.inFlight, load.total) == (2, 2))
    load.end()
    load.end()
    #expect((load.inFlight, load.total) == (0, 2))
  }

  @Test("counters lose nothing when four threads count at once")
  func threads() async {
    let load = ReplicaLoad()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<2_500 {
            while !load.begin(ifInFlight: load.inFlight) {}
            load.end()
          }
        }
      }
    }
    #expect((load.inFlight, load.total) == (0, 10_000))
  }
}
