import Fleet
import RouterConfig
import Routing
import Testing

@Suite("What model names mean") struct ModelDirectoryTests {
  private func directory(
    models: [String] = ["m", "n"], cards: [ModelCard] = [], automatic: [String] = ["vllm-sr/auto", "auto", "MoM"],
    entrypoints: [Entrypoint] = [], recipes: [String] = [], fleet: [FleetModel] = []
  ) -> ModelDirectory {
    ModelDirectory(
      document: RouterDocument(
        providers: Providers(models: models.map { ProviderModel(name: $0) }),
        routing: RoutingProfile(modelCards: cards), entrypoints: entrypoints,
        recipes: recipes.map { Recipe(name: $0, routing: RoutingProfile()) },
        global: GlobalSettings(autoModelNames: automatic)),
      fleet: FleetSnapshot(models: fleet, replicas: []))
  }

  private let card = ModelCard(name: "m", loras: [LoRACard(name: "math-expert"), LoRACard(name: "law-expert")])

  @Test("the automatic names enter the default recipe; case matters")
  func automatic() {
    let directory = directory()
    for name in ["vllm-sr/auto", "auto", "MoM"] { #expect(directory.entry(for: name) == .virtual(recipe: 0)) }
    for name in ["mom", "MOM", "Auto", "", "MoM "] { #expect(directory.entry(for: name) == nil, "\(name)") }
    #expect(directory.virtualNames == ["vllm-sr/auto", "auto", "MoM"])
  }

  @Test("models and adapters pass through")
  func models() {
    let directory = directory(cards: [card, ModelCard(name: "k")])
    #expect(directory.entry(for: "m") == .model(base: "m", adapter: nil))
    #expect(directory.entry(for: "k") == .model(base: "k", adapter: nil))
    #expect(directory.entry(for: "law-expert") == .model(base: "m", adapter: "law-expert"))
    #expect(directory.entry(for: "chess-expert") == nil)
    #expect(directory.modelNames == ["m", "n", "k", "math-expert", "law-expert"])
  }

  @Test("adapters that engines were found to serve pass through too; the document's come first")
  func learntAdapters() {
    let directory = directory(
      cards: [card],
      fleet: [
        FleetModel(name: "m", placements: [], adapters: ["math-expert", "poet"]),
        FleetModel(name: "n", placements: [], adapters: ["poet"]), FleetModel(name: "o", placements: []),
      ])
    #expect(directory.entry(for: "poet") == .model(base: "m", adapter: "poet"))
    #expect(directory.entry(for: "o") == .model(base: "o", adapter: nil))
    #expect(directory.modelNames == ["m", "n", "o", "math-expert", "law-expert", "poet"])
  }

  @Test("entrypoints enter their recipe; `default` is the top-level one")
  func entrypoints() {
    let directory = directory(
      entrypoints: [
        Entrypoint(modelNames: ["fast", "quick"], recipe: "second"),
        Entrypoint(modelNames: ["house"], recipe: "default"),
        Entrypoint(modelNames: ["first-name"], recipe: "first"), Entrypoint(modelNames: ["lost"], recipe: "nope"),
      ], recipes: ["first", "second"])
    #expect(directory.entry(for: "fast") == .virtual(recipe: 2))
    #expect(directory.entry(for: "quick") == .virtual(recipe: 2))
    #expect(directory.entry(for: "first-name") == .virtual(recipe: 1))
    #expect(directory.entry(for: "house") == .virtual(recipe: 0))
    #expect(directory.entry(for: "lost") == nil)
    #expect(directory.virtualNames == ["vllm-sr/auto", "auto", "MoM", "fast", "quick", "house", "first-name"])
  }

  @Test("a virtual name wins over a model of that name, an automatic one over an entrypoint")
  func precedence() {
    let directory = directory(
      models: ["m", "MoM", "fast"], entrypoints: [Entrypoint(modelNames: ["fast", "MoM"], recipe: "first")],
      recipes: ["first"])
    #expect(directory.entry(for: "MoM") == .virtual(recipe: 0))
    #expect(directory.entry(for: "fast") == .virtual(recipe: 1))
    #expect(directory.modelNames == ["m"])
  }

  @Test("a model wins over an adapter of its name, the first adapter over the second")
  func adapterPrecedence() {
    let directory = directory(
      cards: [
        ModelCard(name: "m", loras: [LoRACard(name: "n"), LoRACard(name: "x")]),
        ModelCard(name: "n", loras: [LoRACard(name: "x")]),
      ])
    #expect(directory.entry(for: "n") == .model(base: "n", adapter: nil))
    #expect(directory.entry(for: "x") == .model(base: "m", adapter: "x"))
  }

  @Test("names set for automatic ones replace them all")
  func automaticNames() {
    let directory = directory(automatic: ["router", "router"])
    #expect(directory.entry(for: "router") == .virtual(recipe: 0))
    #expect(directory.entry(for: "auto") == nil)
    #expect(directory.virtualNames == ["router"])
  }
}
