import Testing

@testable import RouterConfig

/// A file that is refused, and a part of what is said about it.
private struct BadFile: CustomTestStringConvertible {
  var text: String
  var message: String

  var testDescription: String { message }

  static let all = [
    BadFile(text: "", message: "e.yaml:1:1: the document is empty"),
    BadFile(text: "- a\n", message: "e.yaml:1:1: the document must be a mapping with the key models, not a list"),
    BadFile(text: "x: 1\n", message: "models is missing; write models: [] when there are none"),
    BadFile(text: "models: 3\n", message: "e.yaml:1:9: models must be a list, not 3"),
    BadFile(text: "models:\n  - llama\n", message: "e.yaml:2:5: models[0] must be a mapping, not \"llama\""),
    BadFile(text: "models:\n  - engine: vllm\n", message: "e.yaml:2:5: models[0].name is missing"),
    BadFile(
      text: "models:\n  - name: a\n", message: "e.yaml:2:5: model \"a\" has neither endpoints nor rolesets"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: []\n    rolesets: []\n",
      message: "e.yaml:4:15: model \"a\": rolesets and endpoints exclude one another"),
    BadFile(
      text: "models:\n  - {name: a, endpoints: []}\n  - {name: a, endpoints: []}\n",
      message: "e.yaml:3:12: model \"a\": name is taken by the model on line 2"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: [10.0.0.7]\n",
      message: "e.yaml:3:17: model \"a\": endpoints[0] \"10.0.0.7\" has no port; write host:port, such as 10.0.0.7:8000"
    ),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: [\"[::1]\"]\n", message: "\"[::1]\" has no port"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: [10.0.0.7:80/x]\n", message: "\"10.0.0.7:80/x\" must have no path"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: [10.0.0.7:99999]\n",
      message: "has no port between 1 and 65535 behind its colon"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints: [h:1, h:1]\n",
      message: "model \"a\": the endpoint h:1 is listed twice; list it once"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints:\n      - {weight: 1}\n",
      message: "e.yaml:4:9: model \"a\": endpoints[0].address is missing"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints:\n      - {address: \"h:1\", weight: -1}\n",
      message: "endpoints[0].weight must be a whole number between 0 and 1000000, not -1"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints:\n      - {address: \"h:1\", kv_events: true}\n",
      message: "endpoints[0].kv_events must be a mapping, not true; write kv_events: {} for the usual ports"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints:\n      - {address: \"h:1\", kv_events: {endpoint: h}}\n",
      message: "kv_events.endpoint must be an endpoint of ZeroMQ, not \"h\"; write tcp://host:port"),
    BadFile(
      text: "models:\n  - name: a\n    endpoints:\n      - [h]\n",
      message: "endpoints[0] must be host:port or a mapping, not a list"),
    BadFile(
      text: "models:\n  - name: a\n    rolesets:\n      - {name: s, prefill: [\"h:1\"]}\n",
      message: "e.yaml:4:9: model \"a\": roleset \"s\": decode must list at least one endpoint"),
    BadFile(
      text: "models:\n  - name: a\n    labels: [x]\n    endpoints: []\n",
      message: "model \"a\": labels must be a mapping of names to texts, not a list"),
    BadFile(text: "models:\n  - name: \"a\\nb\"\n    endpoints: []\n", message: "without control characters"),
    BadFile(text: "models: [\n", message: "e.yaml:2:1: not valid YAML"),
  ]
}

@Suite("The endpoints file")
struct EndpointsDocumentTests {
  private func load(_ text: String) throws -> (document: EndpointsDocument, warnings: [ConfigurationProblem]) {
    try EndpointsDocument.load(Array(text.utf8), file: "e.yaml")
  }

  @Test("AIBrix's shape is read")
  func standalone() throws {
    let (document, warnings) = try load(
      """
      models:
        - name: llama
          engine: vllm
          endpoints: ["10.0.0.1:8000", "10.0.0.2:8001"]
        - name: deepseek
          engine: SGLang
          rolesets:
            - name: set-0
              prefill: ["10.0.1.1:8000"]
              decode: ["10.0.1.2:8000", "[fd00::1]:8000"]
      """)
    #expect(warnings.isEmpty)
    #expect(document.models.map(\.name) == ["llama", "deepseek"])
    #expect(document.models.map(\.engine) == ["vllm", "sglang"])
    #expect(document.models[0].endpoints.map(\.authority) == ["10.0.0.1:8000", "10.0.0.2:8001"])
    #expect(document.models[0].endpoints.allSatisfy { $0.role == .both && $0.roleset == nil && $0.weight == 1 })
    #expect(document.models[1].endpoints.map(\.role) == [.prefill, .decode, .decode])
    #expect(document.models[1].endpoints.map(\.roleset) == ["set-0", "set-0", "set-0"])
    #expect(document.models[1].endpoints[2].host == "fd00::1")
    #expect(document.models[1].endpoints[2].name == "[fd00::1]:8000")
  }

  @Test("the extras are read, and an endpoint's own go before the model's")
  func extras() throws {
    let (document, warnings) = try load(
      """
      models:
        - name: llama
          adapters: [math, law]
          labels: {tier: gold, zone: b}
          endpoints:
            - {address: "https://gpu-8.example:8443", name: gpu-8, weight: 2, metrics_port: 9000, adapters: [sql, math],
               labels: {zone: a}}
            - gpu-9.example:8000
      """)
    #expect(warnings.isEmpty)
    let first = try #require(document.models.first?.endpoints.first)
    #expect(first.name == "gpu-8" && first.usesTLS && first.port == 8_443 && first.weight == 2)
    #expect(first.metricsPort == 9_000)
    #expect(first.adapters == ["math", "law", "sql"])
    #expect(first.labels == ["tier": "gold", "zone": "a"])
    #expect(document.models[0].endpoints[1].labels == ["tier": "gold", "zone": "b"])
    #expect(document.adapterHolders == ["llama": ["sql": ["gpu-8.example:8443"]]])
  }

  @Test("KV events are listened to where a key or AIBrix's label says so")
  func cacheEvents() throws {
    let (document, warnings) = try load(
      """
      models:
        - name: a
          labels: {model.aibrix.ai/kv-events-enabled: "true", model.aibrix.ai/metric-port: 9100}
          endpoints:
            - h:1
            - {address: "h:2", metrics_port: 9200, kv_events: {endpoint: "tcp://10.0.0.7:6000", replay_endpoint: none}}
            - {address: "h:3", labels: {model.aibrix.ai/kv-events-enabled: "false", model.aibrix.ai/metric-port: x}}
        - {name: b, endpoints: [{address: "[fd00::1]:1", kv_events: {replay_endpoint: "tcp://[fd00::1]:7"}}]}
      """)
    let endpoints = document.models.flatMap(\.endpoints)
    #expect(
      endpoints.map(\.cacheEvents) == [
        CacheEventEndpoints(publisher: "tcp://h:5557", replay: "tcp://h:5558"),
        CacheEventEndpoints(publisher: "tcp://10.0.0.7:6000", replay: nil),
        nil,
        CacheEventEndpoints(publisher: "tcp://[fd00::1]:5557", replay: "tcp://[fd00::1]:7"),
      ])
    #expect(endpoints.map(\.metricsPort) == [9_100, 9_200, nil, nil])
    #expect(warnings.count == 1)
    #expect(warnings.first?.description.contains("metric-port \"x\", which is no port") == true)
    let backend = try #require(RouterDocument().adding(document).providers.models.first?.backends.first)
    #expect(backend.metricsPort == 9_100 && backend.cacheEvents == endpoints[0].cacheEvents)
  }

  @Test("adapters with a source are loaded on demand; they are not taken to be loaded")
  func adapterSources() throws {
    let (endpoints, warnings) = try load(
      """
      models:
        - name: llama
          adapters: [math, {name: sql, source: /adapters/sql}, {name: law, source: "huggingface://org/law"}]
          load_adapters: true
          endpoints: ["10.0.0.1:8000"]
      """)
    #expect(warnings.isEmpty)
    #expect(endpoints.models[0].adapters == ["math"])
    let merged = RouterDocument(
      providers: Providers(models: [ProviderModel(name: "llama")])
    ).adding(endpoints)
    #expect(merged.providers.models[0].adapterSources == ["sql": "/adapters/sql", "law": "huggingface://org/law"])
    #expect(merged.providers.models[0].loadsAdapters)
    #expect(merged.routing.modelCards[0].loras.map(\.name) == ["math"])
    #expect(throws: ConfigurationProblems.self) {
      try load("models: [{name: a, adapters: [{name: sql}], endpoints: []}]\n")
    }
  }

  @Test("AIBrix's annotation brings profiles, where the configuration does not say otherwise")
  func annotation() throws {
    let (endpoints, warnings) = try load(
      """
      models:
        - name: llama
          endpoints:
            - 10.0.0.1:8000
            - address: 10.0.0.2:8000
              annotations:
                model.aibrix.ai/config: |
                  {"defaultProfile": "chat", "authoritativeRoutingPolicy": true, "profiles": {
                    "chat": {"routingStrategy": "sticky", "routingConfig": {"promptTokensGte": 10, "promptTokensLt": 20}},
                    "bulk": {"routingStrategy": "random", "requestsPerSecond": 3,
                      "routingConfig": {"maxTokensGte": 5, "maxTokensLt": 6, "combined": true}}}}
        - name: other
          labels: {model.aibrix.ai/config: '{"lockedRoutingStrategy": "random", "defaultProfile": "none"}'}
          endpoints: ["10.0.0.3:8000"]
        - {name: broken, annotations: {model.aibrix.ai/config: "[1"}, endpoints: ["10.0.0.4:8000"]}
      """)
    let told = endpoints.models[0].balancing
    #expect(
      told
        == BalancingSettings(
          isAuthoritative: true,
          profiles: [
            "chat": BalancingProfile("sticky", promptTokens: TokenSpan(atLeast: 10, below: 20)),
            "bulk": BalancingProfile("random", maxTokens: TokenSpan(atLeast: 5, below: 6), requestsPerSecond: 3),
          ], defaultProfile: "chat"))
    #expect(endpoints.models[1].balancing == BalancingSettings(lockedStrategy: "random"))
    #expect(endpoints.models[2].balancing == nil)
    let texts = warnings.map(\.description)
    #expect(texts.count == 3)
    #expect(texts[0].contains("has \"combined\" in profiles.bulk.routingConfig, which this version does not act on"))
    #expect(texts[1].contains("has the defaultProfile \"none\", which is no profile of it"))
    #expect(texts[2].contains("model \"broken\": the annotation model.aibrix.ai/config is not JSON"))
    let document = RouterDocument(
      providers: Providers(models: [
        ProviderModel(
          name: "llama",
          balancing: BalancingSettings(strategy: "slo", profiles: ["chat": BalancingProfile("random")]))
      ]))
    let merged = document.adding(endpoints).providers.models[0].balancing
    #expect(merged.strategy == "slo" && merged.defaultProfile == "chat" && merged.isAuthoritative)
    #expect(merged.profiles["chat"] == BalancingProfile("random") && merged.profiles["bulk"] == told?.profiles["bulk"])
  }

  @Test("an empty list of models or endpoints is nothing to complain of")
  func empty() throws {
    #expect(try load("models: []\n").document == EndpointsDocument())
    #expect(try load("models:\n  - {name: a, endpoints: []}\n").document.models[0].endpoints.isEmpty)
  }

  @Test("a bad file is refused with the place", arguments: BadFile.all)
  private func refused(_ file: BadFile) {
    do {
      _ = try load(file.text)
      Issue.record("it was read")
    } catch {
      let text = "\(error)"
      #expect(text.contains(file.message), "\(text)")
    }
  }

  @Test("unknown keys and engines are warned of")
  func warnings() throws {
    let (_, warnings) = try load("models:\n  - name: a\n    engin: x\n    engine: vlm\n    endpoints: []\n")
    #expect(
      warnings.map(\.description) == [
        "e.yaml:3:5: warning: model \"a\": engin is not a key of the endpoints file and is ignored; did you mean engine?",
        "e.yaml:4:13: warning: model \"a\": engine \"vlm\" is not known: its metrics are read if they are in a known "
          + "dialect; did you mean vllm?",
      ])
  }

  @Test("more endpoints than the limit are refused")
  func limit() {
    let list = (0...EndpointsDocument.endpointLimit).map { "h\($0):1" }.joined(separator: ",")
    #expect(throws: ConfigurationProblems.self) { try load("models: [{name: a, endpoints: [\(list)]}]\n") }
  }

  @Test("the file's backends join the document's")
  func adding() throws {
    let document = RouterDocument(
      providers: Providers(
        defaultModel: "llama",
        models: [
          ProviderModel(
            name: "llama", providerModelID: "meta-llama",
            backends: [BackendReference(name: "own", host: "10.0.0.1", port: 8_000, weight: 5)])
        ]))
    let (endpoints, _) = try load(
      """
      models:
        - {name: llama, adapters: [math], labels: {tier: gold}, endpoints: ["10.0.0.1:8000", "10.0.0.2:8000"]}
        - {name: deepseek, engine: sglang, rolesets: [{name: s, prefill: ["p:1"], decode: ["d:1"]}]}
      """)
    let merged = document.adding(endpoints)
    #expect(merged.providers.defaultModel == "llama")
    #expect(merged.providers.models.map(\.name) == ["llama", "deepseek"])
    #expect(merged.providers.models[0].providerModelID == "meta-llama")
    #expect(merged.providers.models[0].backends.map(\.name) == ["own", "10.0.0.2:8000"])
    #expect(merged.providers.models[0].backends[0].weight == 5)
    #expect(merged.providers.models[0].backends.map(\.labels) == [[:], ["tier": "gold"]])
    #expect(merged.providers.models[0].backends[0].endpoint == nil)
    #expect(merged.providers.models[1].backends.map(\.endpoint?.role) == [.prefill, .decode])
    #expect(merged.providers.models[1].backends.map(\.type) == ["sglang", "sglang"])
    #expect(merged.routing.modelCards.first { $0.name == "llama" }?.loras.map(\.name) == ["math"])
    #expect(merged.adding(endpoints) == merged)
  }

  @Test("without models of its own the document's default is the file's first model")
  func defaultModel() throws {
    let (endpoints, _) = try load("models: [{name: a, endpoints: []}, {name: b, endpoints: []}]\n")
    #expect(RouterDocument().adding(endpoints).providers.defaultModel == "a")
  }
}
