import RouterConfig
import Signals

/// One decision's rule tree as it was evaluated.
public struct DecisionTrace: Sendable, Equatable {
  public var name: String
  public var priority: Int
  public var tier: Int
  public var root: RuleTrace
  public var isChosen: Bool
}

/// A node of an evaluated rule tree.
public struct RuleTrace: Sendable, Equatable {
  public enum Kind: String, Sendable { case and, or, not, leaf, always }
  public enum Result: String, Sendable { case matched, unmatched, failed, unread }

  public var kind: Kind
  /// A leaf's type and name; empty for the other kinds.
  public var signalType: String
  public var signalName: String
  public var label: String?
  public var result: Result
  /// 0 unless matched.
  public var confidence: Double
  public var children: [RuleTrace]
}

extension DecisionEngine {
  /// The rule tree of every decision over what was read.
  public func trace(_ readings: SignalReadings, chosen: Int?) -> [DecisionTrace] {
    decisions.indices.map { index in
      DecisionTrace(
        name: decisions[index].name, priority: decisions[index].priority, tier: decisions[index].tier,
        root: rules[index].trace(readings), isChosen: index == chosen)
    }
  }
}

extension CompiledRule {
  func trace(_ readings: SignalReadings) -> RuleTrace {
    var trace = RuleTrace(
      kind: .always, signalType: "", signalName: "", label: nil, result: .unread, confidence: 0, children: [])
    switch outcome(readings) {
    case .matched(let confidence):
      trace.result = .matched
      trace.confidence = confidence
    case .unmatched: trace.result = .unmatched
    case .failed: trace.result = .failed
    case .unread: trace.result = .unread
    }
    switch self {
    case .always: break
    case .leaf(let leaf): trace.describe(leaf.leaf)
    case .unavailable(let leaf): trace.describe(leaf)
    case .and(let children):
      trace.kind = .and
      trace.children = children.map { $0.trace(readings) }
    case .or(let children):
      trace.kind = .or
      trace.children = children.map { $0.trace(readings) }
    case .not(let child):
      trace.kind = .not
      trace.children = [child.trace(readings)]
    }
    return trace
  }
}

extension RuleTrace {
  fileprivate mutating func describe(_ leaf: RuleLeaf) {
    kind = .leaf
    signalType = leaf.type
    signalName = leaf.name
    label = leaf.label
  }
}
