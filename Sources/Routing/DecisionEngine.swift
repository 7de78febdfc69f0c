import RouterConfig
import Signals

/// Chooses one of a recipe's decisions from what has been read of a request. Pure; safe from any thread.
///
/// It never reads a signal itself. While the outcome depends on something unread it says what to read next, cheapest
/// first, and it stops asking as soon as the outcome is fixed: what it then decides is what it would have decided with
/// everything read. Decisions are looked at in groups, best first; a group's members compete among each other:
///
/// 1. each positive tier, lowest first;
/// 2. the others: one group a priority, highest first (strategy `priority`), or all together (`confidence`).
///
/// Within a group: higher confidence, then higher priority, then the name in alphabetical order.
public struct DecisionEngine: Sendable {
  public enum Verdict: Sendable, Equatable {
    /// Read this family and ask again.
    case needs(SignalFamily)
    /// This decision, by its index in the document, with its confidence.
    case decided(index: Int, confidence: Double)
    /// No decision matches.
    case noMatch
  }

  let decisions: [Decision]
  /// A tree for each decision.
  let rules: RuleProgram
  /// The decisions in the order in which they are looked at, and where each group ends.
  private let order: [Int]
  private let groupEnds: [Int]

  public init(decisions: [Decision], signals: SignalDeclarations, strategy: RoutingStrategy) {
    self.decisions = decisions
    rules = RuleProgram(decisions.map(\.rules), signals: signals)
    let groups = Self.groups(of: decisions, strategy: strategy)
    order = Array(groups.joined())
    groupEnds = groups.reduce(into: []) { ends, group in ends.append((ends.last ?? 0) + group.count) }
  }

  /// Decides, or says what to read next.
  ///
  /// Complexity: one visit a rule node of the groups looked at; no allocation.
  public func decide(_ readings: SignalReadings) -> Verdict {
    rules.nodes.withUnsafeBufferPointer { nodes in
      rules.roots.withUnsafeBufferPointer { roots in
        order.withUnsafeBufferPointer { order in
          groupEnds.withUnsafeBufferPointer { decide(readings, nodes, roots, order, groupEnds: $0) }
        }
      }
    }
  }

  private func decide(
    _ readings: SignalReadings, _ nodes: UnsafeBufferPointer<RuleProgram.Node>, _ roots: UnsafeBufferPointer<Int>,
    _ order: UnsafeBufferPointer<Int>, groupEnds: UnsafeBufferPointer<Int>
  ) -> Verdict {
    var place = 0
    for end in groupEnds {
      var best: (index: Int, confidence: Double)?
      var unread: SignalFamily?
      while place < end {
        let index = order[place]
        place += 1
        switch RuleProgram.outcome(nodes, at: roots[index], readings) {
        case .matched(let confidence):
          if let current = best, !isBetter(index, confidence, than: current) { continue }
          best = (index, confidence)
        case .unmatched, .failed: continue
        case .unread(let family): unread = min(unread ?? family, family)
        }
      }
      if let unread { return .needs(unread) }
      if let best { return .decided(index: best.index, confidence: best.confidence) }
    }
    return .noMatch
  }

  /// The rules by which a decision matched.
  public func matchedRules(of index: Int, _ readings: SignalReadings) -> [MatchedRule] {
    rules.matchedRules(of: index, readings)
  }

  /// Every family that some decision's rules read, cheapest first.
  public var families: [SignalFamily] {
    decisions.indices.reduce(into: Set<SignalFamily>()) { $0.formUnion(rules.families(of: $1)) }.sorted()
  }

  private func isBetter(_ index: Int, _ confidence: Double, than other: (index: Int, confidence: Double)) -> Bool {
    if confidence != other.confidence { return confidence > other.confidence }
    let (left, right) = (decisions[index], decisions[other.index])
    if left.priority != right.priority { return left.priority > right.priority }
    return left.name < right.name
  }

  private static func groups(of decisions: [Decision], strategy: RoutingStrategy) -> [[Int]] {
    let tiered = decisions.indices.filter { decisions[$0].tier > 0 }
    let plain = decisions.indices.filter { decisions[$0].tier <= 0 }
    var groups = Dictionary(grouping: tiered) { decisions[$0].tier }.sorted { $0.key < $1.key }.map(\.value)
    switch strategy {
    case .confidence: if !plain.isEmpty { groups.append(Array(plain)) }
    case .priority:
      groups += Dictionary(grouping: plain) { decisions[$0].priority }.sorted { $0.key > $1.key }.map(\.value)
    }
    return groups
  }
}
