import Discovery
import EngineClient
import Fleet
import Testing

@Suite("What engines tell of their adapters")
struct LearntModelsTests {
  private struct Silence: Error {}

  /// Two models on one engine, one of them on another one too, where it has a name of its own.
  private let fleet: FleetSnapshot = {
    let replicas = [Replica(id: 0, name: "a", host: "a", port: 1), Replica(id: 1, name: "b", host: "fd00::1", port: 2)]
    return FleetSnapshot(
      models: [
        FleetModel(
          name: "llama",
          placements: [
            Placement(replica: replicas[0], upstreamModel: "llama"),
            Placement(replica: replicas[1], upstreamModel: "org/llama"),
          ]),
        FleetModel(name: "qwen", placements: [Placement(replica: replicas[0], upstreamModel: "qwen")]),
      ], replicas: replicas)
  }()

  private func finding(_ host: String, _ port: Int, _ adapters: [(String, String)]?) -> EngineDiscovery.Finding {
    EngineDiscovery.Finding(
      address: EngineAddress(host: host, port: port),
      models: adapters.map { adapters in
        .success(EngineModels(models: adapters.map { EngineModels.Model(id: $0.0, parent: $0.1) }))
      } ?? .failure(Silence()))
  }

  @Test("an adapter belongs to the model that the engine knows by its parent's name")
  func bases() {
    var learnt = LearntModels()
    learnt.take(
      [
        finding("a", 1, [("math", "llama"), ("code", "qwen"), ("lost", "unheard-of")]),
        finding("fd00::1", 2, [("math", "org/llama"), ("law", "org/llama"), ("code", "qwen")]),
      ], of: fleet)
    #expect(
      learnt.holders == [
        "llama": ["math": ["a:1", "[fd00::1]:2"], "law": ["[fd00::1]:2"]], "qwen": ["code": ["a:1"]],
      ])
  }

  @Test("an engine that does not answer keeps what was learnt of it, one that is not asked does not")
  func silence() {
    var learnt = LearntModels(holders: ["llama": ["math": ["a:1", "[fd00::1]:2"], "law": ["gone:1"]]])
    learnt.take([finding("a", 1, nil), finding("fd00::1", 2, [])], of: fleet)
    #expect(learnt.holders == ["llama": ["math": ["a:1"]]])
  }

  @Test(
    "an engine that lists others is no replica of the model; one that is silent stays what it was, one that lists none is unknown"
  )
  func strangers() {
    var learnt = LearntModels()
    func list(_ names: String...) -> [(String, String?)] { names.map { ($0, nil) } }
    func found(_ host: String, _ port: Int, _ models: [(String, String?)]?) -> EngineDiscovery.Finding {
      EngineDiscovery.Finding(
        address: EngineAddress(host: host, port: port),
        models: models.map { models in
          .success(EngineModels(models: models.map { EngineModels.Model(id: $0.0, parent: $0.1) }))
        } ?? .failure(Silence()))
    }
    learnt.take([found("a", 1, list("qwen")), found("fd00::1", 2, list("llama"))], of: fleet)
    #expect(learnt.strangers == ["llama": ["a:1", "[fd00::1]:2"]])
    #expect(learnt.listers == ["qwen": ["a:1"]])
    learnt.take([found("a", 1, nil), found("fd00::1", 2, list("llama", "org/llama"))], of: fleet)
    #expect(learnt.strangers == ["llama": ["a:1"]])
    #expect(learnt.listers == ["qwen": ["a:1"], "llama": ["[fd00::1]:2"]])
    // An adapter's parent is served too.
    learnt.take([found("a", 1, [("math", "llama"), ("qwen", nil)]), found("fd00::1", 2, [])], of: fleet)
    #expect(learnt.strangers.isEmpty)
    learnt.take([found("a", 1, nil)], of: fleet)
    #expect(learnt.strangers.isEmpty)
  }

  @Test("those of an endpoints file join them")
  func joined() {
    let learnt = LearntModels(holders: ["llama": ["math": ["a:1"]]])
    #expect(
      learnt.joined(with: ["llama": ["math": ["b:1"], "sql": ["b:1"]], "qwen": ["code": ["b:1"]]])
        == ["llama": ["math": ["a:1", "b:1"], "sql": ["b:1"]], "qwen": ["code": ["b:1"]]])
  }

  @Test("an engine's adapters are the models that have a parent")
  func names() {
    let models = EngineModels(models: [.init(id: "llama"), .init(id: "math", parent: "llama")])
    #expect(models.adapterNames == ["math"])
  }
}
