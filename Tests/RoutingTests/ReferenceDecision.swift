import RouterConfig
import Signals

/// The rules of evaluation and choice written down a second time, as plainly as possible, for whole readings.
struct ReferenceDecision {
  enum Outcome: Equatable {
    case matched(Double, [String])
    case unmatched
    case failed
  }

  let readings: SignalReadings

  func outcome(_ node: RuleNode) -> Outcome {
    switch node {
    case .always: return .matched(0, [])
    case .leaf(let leaf): return outcome(leaf)
    case .and(let children):
      let outcomes = children.map(outcome)
      if outcomes.contains(.unmatched) { return .unmatched }
      if outcomes.contains(.failed) { return .failed }
      let all = outcomes.compactMap(confidence)
      let rules = outcomes.flatMap(self.rules)
      return .matched(all.isEmpty ? 0 : all.reduce(0, +) / Double(all.count), rules)
    case .or(let children):
      let outcomes = children.map(outcome)
      guard let best = outcomes.compactMap(confidence).max() else {
        return outcomes.contains(.failed) ? .failed : .unmatched
      }
      return outcomes.first { confidence($0) == best } ?? .unmatched
    case .not(let child):
      switch outcome(child) {
      case .matched: return .unmatched
      case .unmatched: return .matched(1, [])
      case .failed: return .failed
      }
    }
  }

  private func outcome(_ leaf: RuleLeaf) -> Outcome {
    guard let family = SignalFamily(ruleType: leaf.type), let place = Fixture.names.firstIndex(of: leaf.name),
      let reading = readings[family]?.readings[place]
    else { return leaf.onError == .match ? .matched(1, []) : .failed }
    switch (reading.state, leaf.predicate) {
    case (.failed, nil): return .failed
    case (.failed, _): return leaf.onError == .match ? .matched(1, [leaf.key]) : .failed
    case (.matched(let confidence), nil): return .matched(confidence, [leaf.key])
    case (.unmatched, nil): return .unmatched
    case (.matched(let confidence), let predicate?):
      return predicate.holds(for: reading.value ?? confidence) ? .matched(1, [leaf.key]) : .unmatched
    case (.unmatched, let predicate?):
      guard let value = reading.value, predicate.holds(for: value) else { return .unmatched }
      return .matched(1, [leaf.key])
    }
  }

  private func confidence(_ outcome: Outcome) -> Double? {
    if case .matched(let confidence, _) = outcome { confidence } else { nil }
  }

  private func rules(_ outcome: Outcome) -> [String] {
    if case .matched(_, let rules) = outcome { rules } else { [] }
  }

  /// The chosen decision: index, confidence, matched rules.
  func choice(
    among decisions: [Decision], strategy: RoutingStrategy
  ) -> (index: Int, confidence: Double, rules: [String])? {
    var matched: [(index: Int, confidence: Double, rules: [String])] = []
    for (index, decision) in decisions.enumerated() {
      if case .matched(let confidence, let rules) = outcome(decision.rules) {
        matched.append((index, confidence, rules))
      }
    }
    let isTiered = matched.contains { decisions[$0.index].tier > 0 }
    return matched.min { left, right in
      let (a, b) = (decisions[left.index], decisions[right.index])
      if isTiered {
        let (aTier, bTier) = (a.tier > 0 ? a.tier : .max, b.tier > 0 ? b.tier : .max)
        if aTier != bTier { return aTier < bTier }
      } else if strategy == .priority, a.priority != b.priority {
        return a.priority > b.priority
      }
      if left.confidence != right.confidence { return left.confidence > right.confidence }
      if a.priority != b.priority { return a.priority > b.priority }
      return a.name < b.name
    }
  }
}
