import Fleet
import Pipeline
import RouterConfig
import Testing

@Suite("The fleet that a document declares") struct StaticFleetTests {
  private func document(_ models: [ProviderModel], cards: [ModelCard] = []) -> RouterDocument {
    RouterDocument(providers: Providers(models: models), routing: RoutingProfile(modelCards: cards))
  }

  private func backend(_ name: String, _ port: Int, weight: Int = 1) -> BackendReference {
    BackendReference(name: name, host: "engine", port: port, weight: weight)
  }

  @Test("the sample's three replicas, each with the model's name")
  func sample() throws {
    let (fleet, problems) = StaticFleet.build(try PipelineFixture.document())
    #expect(problems.isEmpty)
    #expect(fleet.replicas.map(\.id) == [0, 1, 2])
    #expect(fleet.replicas.map(\.authority) == ["127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003"])
    let model = try #require(fleet.model(named: PipelineFixture.model))
    #expect(model.placements.map(\.upstreamModel) == [String](repeating: PipelineFixture.model, count: 3))
    #expect(model.placements.map(\.weight) == [1, 1, 1])
    #expect(model.placements.allSatisfy { $0.headerLines.bytes.isEmpty })
    #expect(
      model.adapters == [
        "math-expert", "science-expert", "social-expert", "humanities-expert", "law-expert", "general-expert",
      ])
  }

  @Test("models at one address share its replica, and so its load")
  func sharedAddress() {
    let (fleet, _) = StaticFleet.build(
      document([
        ProviderModel(name: "m", backends: [backend("a", 1), backend("b", 2)]),
        ProviderModel(name: "n", backends: [backend("c", 2, weight: 3)]),
      ]))
    #expect(fleet.replicas.map(\.name) == ["a", "b"])
    #expect(fleet.models[1].placements[0].replica === fleet.models[0].placements[1].replica)
    #expect(fleet.models[1].placements[0].weight == 3)
  }

  @Test("a reload keeps the replicas at known addresses with their counters and health")
  func reload() {
    let before = StaticFleet.build(document([ProviderModel(name: "m", backends: [backend("a", 1), backend("b", 2)])]))
      .fleet
    #expect(before.replicas[1].load.begin(ifInFlight: 0))
    before.replicas[1].health.handle(.probeFailed(reason: "refused"), now: 1)
    let after = StaticFleet.build(
      document([ProviderModel(name: "n", backends: [backend("c", 3), backend("b", 2)])]), previous: before
    ).fleet
    #expect(after.replicas.map(\.id) == [2, 1])
    #expect(after.replicas[1] === before.replicas[1])
    #expect(after.replicas[1].load.inFlight == 1)
    #expect(after.replicas[1].health.state == .failing)
  }

  @Test("an identity is never given twice, however many reloads lie between")
  func identities() {
    var fleet = StaticFleet.build(document([ProviderModel(name: "m", backends: [backend("a", 1), backend("b", 2)])]))
      .fleet
    var ids: [Int] = fleet.replicas.map(\.id)
    for port in 3...6 {
      fleet =
        StaticFleet.build(document([ProviderModel(name: "m", backends: [backend("x", port)])]), previous: fleet)
        .fleet
      ids += fleet.replicas.map(\.id)
      // Nothing is left for a while.
      fleet = StaticFleet.build(document([]), previous: fleet).fleet
      #expect(fleet.replicas.isEmpty)
    }
    #expect(ids == [0, 1, 2, 3, 4, 5])
  }

  @Test("who does not list a model is left out while one of its replicas lists it, not when that has gone")
  func strangers() {
    func served(_ ports: [Int]) -> [Int] {
      let model = ProviderModel(name: "m", backends: ports.map { backend("b\($0)", $0) })
      let known = StaticFleet.build(document([model])).fleet.models[0].placements.map(\.replica.authority)
      let listers = Set(known.filter { $0.hasSuffix(":1") }).union(["gone:1"])
      return StaticFleet.build(
        document([model]), strangers: ["m": Set(known.filter { $0.hasSuffix(":2") })], listers: ["m": listers]
      ).fleet.models[0].placements(for: nil).map(\.replica.port)
    }
    #expect(served([1, 2, 3]) == [1, 3])
    #expect(served([2]) == [2])
  }

  @Test("what an endpoints file says of prefill and decode stands at the placements")
  func roles() throws {
    let (endpoints, _) = try EndpointsDocument.load(
      Array("models: [{name: m, rolesets: [{name: s, prefill: [\"p:1\"], decode: [\"d:1\"]}]}]\n".utf8), file: "e.yaml")
    let placements = StaticFleet.build(document([]).adding(endpoints)).fleet.models[0].placements
    #expect(placements.map(\.role) == [.prefill, .decode])
    #expect(placements.map(\.group) == ["s", "s"])
    #expect(placements.map(\.handOver) == [.vllm, .vllm])
  }

  @Test("the engine tells how caches are handed over, AIBrix's label where SGLang's engines meet")
  func handOvers() throws {
    let (endpoints, warnings) = try EndpointsDocument.load(
      Array(
        """
        models:
          - name: m
            engine: sglang
            rolesets:
              - name: s
                prefill: ["p:1", {address: "p:2", labels: {model.aibrix.ai/sglang-bootstrap-port: 9000}}]
                decode: [{address: "d:1", labels: {model.aibrix.ai/sglang-bootstrap-port: none}}]
          - {name: n, engine: trt-llm, endpoints: ["n:1"]}
          - {name: o, engine: xllm, endpoints: ["o:1"]}
        """.utf8), file: "e.yaml")
    let models = StaticFleet.build(document([]).adding(endpoints)).fleet.models
    #expect(models[0].placements.map(\.handOver) == [.sglang, .sglang, .sglang])
    #expect(models[0].placements.map(\.bootstrapPort) == [8998, 9000, 8998])
    #expect(models.dropFirst().map { $0.placements[0].handOver } == [.tensorRTLLM, nil])
    #expect(warnings.map(\.description).contains { $0.contains("sglang-bootstrap-port \"none\", which is no port") })
  }

  @Test("an engine knows the model by the id of its type, else the provider's, else its name")
  func upstreamNames() {
    let external = ["sglang": "org/model-sg"]
    let backends = [
      BackendReference(name: "v", host: "h", port: 1), BackendReference(name: "s", host: "h", port: 2, type: "sglang"),
    ]
    func names(_ id: String?) -> [String] {
      StaticFleet.build(
        document([ProviderModel(name: "m", providerModelID: id, externalModelIDs: external, backends: backends)])
      ).fleet.models[0].placements.map(\.upstreamModel)
    }
    #expect(names(nil) == ["m", "org/model-sg"])
    #expect(names("org/model") == ["org/model", "org/model-sg"])
  }

  @Test("credentials and extra headers become header lines, the credential first")
  func headers() {
    var hosted = BackendReference(
      name: "h", host: "h", port: 1, pathPrefix: "/openai", chatPath: "/openai/chat?api-version=1",
      extraHeaders: ["x-b": "2", "x-a": "1"], credential: Credential("sk-1"))
    let bearer = StaticFleet.build(document([ProviderModel(name: "m", backends: [hosted])])).fleet.models[0].placements[
      0]
    #expect(
      String(decoding: bearer.headerLines.bytes, as: UTF8.self)
        == "Authorization: Bearer sk-1\r\nx-a: 1\r\nx-b: 2\r\n")
    #expect(bearer.headerLines.authenticates)
    #expect(bearer.pathPrefix == "/openai")
    #expect(bearer.chatPath == "/openai/chat?api-version=1")
    hosted.authHeader = "api-key"
    hosted.authPrefix = ""
    let bare = StaticFleet.build(document([ProviderModel(name: "m", backends: [hosted])])).fleet.models[0].placements[0]
    #expect(String(decoding: bare.headerLines.bytes, as: UTF8.self) == "api-key: sk-1\r\nx-a: 1\r\nx-b: 2\r\n")
    // Whatever its name: the client's own authorization must not go out beside it.
    #expect(bare.headerLines.authenticates)
  }

  @Test("a backend that cannot be used is left out and told of, without its secret")
  func unusable() throws {
    let (fleet, problems) = StaticFleet.build(
      document([
        ProviderModel(
          name: "m",
          backends: [
            BackendReference(name: "newline", host: "h", port: 1, credential: Credential("sk-secret\n")),
            BackendReference(name: "colon", host: "h", port: 2, extraHeaders: ["x: y": "z"]),
            backend("good", 3),
          ])
      ]))
    #expect(fleet.replicas.map(\.name) == ["good"])
    #expect(fleet.models[0].placements.count == 1)
    #expect(problems.count == 2)
    #expect(
      problems[0]
        == "backend newline: the header \"Authorization\" has a name that is no token or a value with a control "
        + "character, such as the line end at the end of a key file; the backend is left out")
    #expect(problems[1].hasPrefix("backend colon: the header \"x: y\" has"))
    #expect(!problems.joined().contains("sk-secret"))
  }

  @Test("one address with and without TLS is two replicas")
  func encrypted() {
    let (fleet, problems) = StaticFleet.build(
      document([
        ProviderModel(
          name: "m",
          backends: [
            BackendReference(name: "plain", host: "h", port: 443),
            BackendReference(name: "tls", host: "h", port: 443, usesTLS: true),
          ])
      ]))
    #expect(problems.isEmpty)
    #expect(fleet.replicas.map(\.usesTLS) == [false, true])
  }

  @Test("adapters learnt from engines follow the document's, none twice")
  func adapters() {
    let cards = [ModelCard(name: "m", loras: [LoRACard(name: "a"), LoRACard(name: "b")])]
    let (fleet, _) = StaticFleet.build(
      document(
        [ProviderModel(name: "m", backends: [backend("one", 1), backend("two", 2)]), ProviderModel(name: "n")],
        cards: cards),
      adapters: ["m": ["b": ["engine:2"], "c": ["elsewhere:1"]], "n": ["d": []]])
    #expect(fleet.models.map(\.adapters) == [["a", "b", "c"], ["d"]])
    // An adapter goes where it is; one that nobody here has, or that nobody was asked about, goes anywhere.
    #expect(fleet.models[0].placements(for: "b").map(\.name) == ["two"])
    #expect(fleet.models[0].placements(for: "a").map(\.name) == ["one", "two"])
    #expect(fleet.models[0].placements(for: "c").map(\.name) == ["one", "two"])
    #expect(fleet.models[0].placements(for: nil).count == 2)
  }
}
