import RouterConfig
import Routing
import Signals
import Testing

@Suite("Decisions") struct DecisionEngineTests {
  private func decide(
    _ decisions: [Decision], _ states: [String: SignalReading.State], strategy: RoutingStrategy = .priority
  ) -> DecisionEngine.Verdict {
    DecisionEngine(decisions: decisions, signals: Fixture.signals, strategy: strategy).decide(Fixture.readings(states))
  }

  private func decision(_ name: String, _ key: String, priority: Int = 0, tier: Int = 0) -> Decision {
    Decision(name: name, priority: priority, tier: tier, rules: Fixture.leaf(key))
  }

  private let both: [String: SignalReading.State] = ["keyword:a": .match(0.5), "keyword:b": .match(0.75)]

  @Test("by priority, the greatest priority wins, whatever the confidence")
  func priority() {
    let decisions = [decision("low", "keyword:b", priority: 10), decision("high", "keyword:a", priority: 15)]
    #expect(decide(decisions, both) == .decided(index: 1, confidence: 0.5))
    #expect(decide(decisions, ["keyword:b": .match(0.75)]) == .decided(index: 0, confidence: 0.75))
  }

  @Test("among equal priorities the more confident wins, then the name")
  func tiesByPriority() {
    #expect(
      decide([decision("x", "keyword:a", priority: 10), decision("y", "keyword:b", priority: 10)], both)
        == .decided(index: 1, confidence: 0.75))
    #expect(
      decide([decision("y", "keyword:a", priority: 10), decision("x", "keyword:a", priority: 10)], both)
        == .decided(index: 1, confidence: 0.5))
    #expect(
      decide([decision("x", "keyword:a", priority: 10), decision("y", "keyword:a", priority: 10)], both)
        == .decided(index: 0, confidence: 0.5))
  }

  @Test("by confidence, the more confident wins, then the priority, then the name")
  func confidence() {
    let decisions = [decision("low", "keyword:b", priority: 1), decision("high", "keyword:a", priority: 15)]
    #expect(decide(decisions, both, strategy: .confidence) == .decided(index: 0, confidence: 0.75))
    #expect(
      decide(
        [decision("a", "keyword:a", priority: 1), decision("b", "keyword:a", priority: 2)], both, strategy: .confidence)
        == .decided(index: 1, confidence: 0.5))
    #expect(
      decide([decision("b", "keyword:a"), decision("a", "keyword:a")], both, strategy: .confidence)
        == .decided(index: 1, confidence: 0.5))
  }

  @Test(
    "positive tiers come first, lowest first, whatever priority and strategy say", arguments: RoutingStrategy.allCases)
  func tiers(strategy: RoutingStrategy) {
    let decisions = [
      decision("none", "keyword:b", priority: 100), decision("second", "keyword:b", priority: 50, tier: 2),
      decision("first", "keyword:a", tier: 1), decision("third", "keyword:b", priority: 60, tier: 30),
    ]
    #expect(decide(decisions, both, strategy: strategy) == .decided(index: 2, confidence: 0.5))
    #expect(decide(decisions, ["keyword:b": .match()], strategy: strategy) == .decided(index: 1, confidence: 1))
    #expect(
      decide([decisions[0], decisions[2]], ["keyword:b": .match()], strategy: strategy)
        == .decided(index: 0, confidence: 1))
  }

  @Test("within a tier: confidence, then priority, then name", arguments: RoutingStrategy.allCases)
  func withinTier(strategy: RoutingStrategy) {
    #expect(
      decide(
        [decision("x", "keyword:a", priority: 100, tier: 1), decision("y", "keyword:b", tier: 1)], both,
        strategy: strategy) == .decided(index: 1, confidence: 0.75))
    #expect(
      decide(
        [decision("x", "keyword:a", priority: 1, tier: 1), decision("y", "keyword:a", priority: 2, tier: 1)], both,
        strategy: strategy) == .decided(index: 1, confidence: 0.5))
    #expect(
      decide([decision("y", "keyword:a", tier: 1), decision("x", "keyword:a", tier: 1)], both, strategy: strategy)
        == .decided(index: 1, confidence: 0.5))
  }

  @Test("a negative tier counts as none")
  func negativeTier() {
    #expect(
      decide([decision("x", "keyword:a", priority: 1, tier: -1), decision("y", "keyword:a", priority: 2)], both)
        == .decided(index: 1, confidence: 0.5))
  }

  @Test("nothing matches: no decision, not even of failed ones")
  func noMatch() {
    #expect(decide([], both) == .noMatch)
    #expect(decide([decision("x", "keyword:c")], both) == .noMatch)
    #expect(decide([decision("x", "keyword:c"), decision("y", "domain:a")], ["domain:a": .down]) == .noMatch)
  }

  @Test("a failed guard under NOT does not let the decision through; the next one takes the request")
  func failedGuard() {
    let guarded = Decision(
      name: "open", priority: 20, rules: .and([Fixture.leaf("keyword:a"), .not(Fixture.leaf("domain:a"))]))
    let fallback = Decision(name: "fallback", priority: 1)
    #expect(
      decide([guarded, fallback], ["keyword:a": .match(), "domain:a": .down]) == .decided(index: 1, confidence: 0))
    #expect(decide([guarded, fallback], ["keyword:a": .match()]) == .decided(index: 0, confidence: 1))
  }

  @Test("a decision without rules takes what no other does")
  func unconditional() {
    let decisions = [Decision(name: "rest"), decision("a", "keyword:a", priority: 1)]
    #expect(decide(decisions, [:]) == .decided(index: 0, confidence: 0))
    #expect(decide(decisions, both) == .decided(index: 1, confidence: 0.5))
  }

  @Test("the guide's rules ask for keywords, and for domains only if no keyword decides")
  func laziness() {
    let engine = DecisionEngine(
      decisions: [
        decision("math", "domain:a", priority: 10), decision("physics", "domain:b", priority: 10),
        decision("thinking", "keyword:a", priority: 15), decision("other", "domain:c", priority: 5),
      ], signals: Fixture.signals, strategy: .priority)
    #expect(engine.families == [.keyword, .domain])
    #expect(engine.decide(SignalReadings()) == .needs(.keyword))
    #expect(
      engine.decide(Fixture.readings(["keyword:a": .match()], of: [.keyword])) == .decided(index: 2, confidence: 1))
    #expect(engine.decide(Fixture.readings(of: [.keyword])) == .needs(.domain))
    #expect(
      engine.decide(Fixture.readings(["domain:b": .match(0.75)], of: [.keyword, .domain]))
        == .decided(index: 1, confidence: 0.75))
    #expect(engine.decide(Fixture.readings(of: [.keyword, .domain])) == .noMatch)
  }

  @Test("by confidence, the cheapest unread family of all decisions is asked for")
  func lazinessByConfidence() {
    let engine = DecisionEngine(
      decisions: [decision("a", "domain:a", priority: 9), decision("b", "metadata:a", priority: 1)],
      signals: Fixture.signals, strategy: .confidence)
    #expect(engine.decide(SignalReadings()) == .needs(.metadata))
    #expect(engine.decide(Fixture.readings(["metadata:a": .match()], of: [.metadata])) == .needs(.domain))
  }

  @Test("a trace shows every decision's tree as it stands")
  func trace() throws {
    let engine = DecisionEngine(
      decisions: [
        Decision(
          name: "x", priority: 3, tier: 1,
          rules: .or([
            .and([Fixture.leaf("keyword:a"), .not(Fixture.leaf("keyword:b"))]), Fixture.leaf("language:a"),
            Fixture.leaf("domain:a"), .leaf(RuleLeaf(type: "classifier", name: "k", label: "l")),
          ])),
        Decision(name: "y"),
      ], signals: Fixture.signals, strategy: .priority)
    let readings = Fixture.readings(["keyword:a": .match(0.5), "language:a": .down], of: [.keyword, .language])
    let traces = engine.trace(readings, chosen: 1)
    #expect(traces.map(\.name) == ["x", "y"])
    #expect(traces.map(\.priority) == [3, 0])
    #expect(traces.map(\.tier) == [1, 0])
    #expect(traces.map(\.isChosen) == [false, true])
    let root = traces[0].root
    #expect(root.kind == .or)
    #expect(root.result == .unread)
    #expect(root.children.map(\.kind) == [.and, .leaf, .leaf, .leaf])
    #expect(root.children.map(\.result) == [.matched, .failed, .unread, .failed])
    #expect(root.children.map(\.confidence) == [0.75, 0, 0, 0])
    #expect(root.children.map(\.signalType) == ["", "language", "domain", "classifier"])
    #expect(root.children.map(\.signalName) == ["", "a", "a", "k"])
    #expect(root.children.map(\.label) == [nil, nil, nil, "l"])
    let and = try #require(root.children.first)
    #expect(and.children.map(\.kind) == [.leaf, .not])
    #expect(and.children.map(\.result) == [.matched, .matched])
    #expect(and.children[1].children.map(\.result) == [.unmatched])
    #expect(traces[1].root.kind == .always)
    #expect(traces[1].root.result == .matched)
    #expect(traces[1].root.confidence == 0)
  }
}
