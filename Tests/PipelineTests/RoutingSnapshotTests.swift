import Pipeline
import Reading
import RouterConfig
import Testing

@Suite("A configuration and a fleet, compiled") struct RoutingSnapshotTests {
  @Test("rules that cannot be compiled are told of all at once, with their recipes' places")
  func problems() throws {
    let bad = SignalDeclarations(
      keywords: [
        KeywordRule(name: "fine", keywords: ["a"]), KeywordRule(name: "broken", keywords: ["("], method: .regex),
      ])
    let error = try #require(throws: SignalCompilationErrors.self) {
      try PipelineFixture.snapshot { document in
        document.routing.signals = bad
        document.recipes = [
          Recipe(name: "a", routing: RoutingProfile()), Recipe(name: "b", routing: RoutingProfile(signals: bad)),
        ]
      }
    }
    #expect(
      error.problems.map(\.path) == [
        "routing.signals.keywords[1].keywords[0]", "recipes[1].routing.signals.keywords[1].keywords[0]",
      ])
  }

  @Test("there is a reader for each recipe, and the generation that was given")
  func readers() throws {
    let snapshot = try PipelineFixture.snapshot(generation: 7) { document in
      document.recipes = [Recipe(name: "a", routing: RoutingProfile())]
    }
    #expect(snapshot.generation == 7)
    #expect(snapshot.readers.count == 2)
    #expect(snapshot.router.recipes.map(\.name) == ["default", "a"])
    #expect(snapshot.readers[0].declares(.domain))
    #expect(!snapshot.readers[1].declares(.domain))
  }
}
