import RouterConfig
import Routing
import Seeded
import Signals
import Testing

@Suite("Reading no more than decides") struct LazyEvaluationTests {
  @Test("lazy evaluation decides as a full one does and asks for nothing that no rule uses")
  func lazyAndFull() {
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    print("lazy evaluation: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var spared = 0
    for iteration in 0..<20_000 {
      guard let count = check(&generator, "seed \(seed), case \(iteration)") else { return }
      spared += count
    }
    // Otherwise the cases do not try what they are made for.
    #expect(spared > 1_000)
  }

  /// - Returns: how many families that rules use were not asked for; nil after a failure.
  private func check(_ generator: inout SeededGenerator, _ label: String) -> Int? {
    let decisions = RandomRules.decisions(&generator)
    let strategy = RoutingStrategy.allCases.randomElement(using: &generator) ?? .priority
    let full = RandomRules.readings(&generator)
    let engine = DecisionEngine(decisions: decisions, signals: Fixture.signals, strategy: strategy)
    let families = engine.families
    let expected = ReferenceDecision(readings: full).choice(among: decisions, strategy: strategy)

    var partial = SignalReadings()
    var asked: [SignalFamily] = []
    var verdict = engine.decide(partial)
    while case .needs(let family) = verdict {
      guard families.contains(family), !asked.contains(family) else {
        Issue.record("\(label): asks for \(family), having asked for \(asked), of \(families)")
        return nil
      }
      asked.append(family)
      partial[family] = full[family]
      verdict = engine.decide(partial)
    }
    var found: (index: Int, confidence: Double, rules: [String])?
    if case .decided(let index, let confidence) = verdict {
      found = (index, confidence, engine.matchedRules(of: index, partial).map(\.description))
    }
    guard engine.decide(full) == verdict, found?.index == expected?.index, found?.confidence == expected?.confidence,
      found?.rules == expected?.rules
    else {
      Issue.record("\(label): \(strategy) \(decisions): \(verdict), expected \(String(describing: expected))")
      return nil
    }
    // Whatever else is read first, a verdict is final.
    var other = SignalReadings()
    for family in SignalFamily.allCases.shuffled(using: &generator) {
      other[family] = full[family]
      let early = engine.decide(other)
      if case .needs = early { continue }
      guard early == verdict else {
        Issue.record("\(label): \(early) with some families read, \(verdict) with all")
        return nil
      }
      break
    }
    return families.count - asked.count
  }
}

/// Random decisions over ``Fixture/signals`` and random readings of them.
enum RandomRules {
  static func decisions(_ generator: inout SeededGenerator) -> [Decision] {
    (0..<Int.random(in: 1...4, using: &generator)).map { index in
      let rules = node(depth: 3, &generator)
      return Decision(
        name: ["d", "b", "c", "a"][index], priority: Int.random(in: 0...2, using: &generator),
        tier: max(0, Int.random(in: -3...2, using: &generator)), rules: rules)
    }
  }

  private static func node(depth: Int, _ generator: inout SeededGenerator) -> RuleNode {
    func children() -> [RuleNode] {
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in node(depth: depth - 1, &generator) }
    }
    switch Int.random(in: 0...(depth == 0 ? 7 : 15), using: &generator) {
    case 8...10: return .and(children())
    case 11...13: return .or(children())
    case 14...15: return .not(node(depth: depth - 1, &generator))
    case 7 where Int.random(in: 0...3, using: &generator) == 0: return .always
    default: return .leaf(leaf(&generator))
    }
  }

  private static func leaf(_ generator: inout SeededGenerator) -> RuleLeaf {
    let types = SignalFamily.allCases.map(\.ruleType) + ["fact_check"]
    var leaf = RuleLeaf(
      type: types.randomElement(using: &generator) ?? "keyword",
      name: (Fixture.names + ["nope"]).randomElement(using: &generator) ?? "a")
    switch Int.random(in: 0...9, using: &generator) {
    case 0: leaf.predicate = NumericPredicate(gt: 0.5)
    case 1: leaf.predicate = NumericPredicate(gte: 0.25, lt: 2)
    case 2: leaf.predicate = NumericPredicate(lte: 1)
    default: break
    }
    leaf.onError = [nil, nil, .match, .noMatch].randomElement(using: &generator) ?? nil
    return leaf
  }

  static func readings(_ generator: inout SeededGenerator) -> SignalReadings {
    var readings = SignalReadings()
    for family in SignalFamily.allCases {
      readings[family] = FamilyReading(
        readings: Fixture.names.map { _ in
          let state: SignalReading.State =
            switch Int.random(in: 0...9, using: &generator) {
            case 0...4: .unmatched
            case 5: .down
            // Halves and quarters, so that means are exact and ties occur.
            default: .matched(confidence: Double(Int.random(in: 1...4, using: &generator)) / 4)
            }
          let value = [nil, nil, 0, 0.5, 1, 3, Double.nan].randomElement(using: &generator) ?? nil
          return SignalReading(state: state, value: value)
        })
    }
    return readings
  }
}
